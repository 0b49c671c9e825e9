# SPDX-License-Identifier: GPL-3.0-or-later
"""Every text of the interface that wants a translation: what the registered classes say, and texts in the code."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator
from pathlib import Path

import bpy

from devtools.paths import ROOT
from devtools.source import SHIPPED, layer_of, name_of, parse

PREFIX = "NANO_BANANA"
#: Arguments of layouts, dialogs and `draw_text` that are read by the user.
_ARGUMENTS = {"text", "heading", "title", "confirm_text", "placeholder"}
#: Functions whose argument at this place is read by the user.
_FUNCTIONS = {
    "translate": 0,
    "report": 1,
    "draw_text": 2,
    "draw_paid_operator": 2,
    "draw_progress": 2,
    "poll_message_set": 0,
}
_BASES = ("Operator", "Panel", "Menu", "PropertyGroup", "AddonPreferences")
#: Files of the core whose texts are shown as they are: all that their functions return, or name as an error's text.
_SENTENCES = (
    "core/text/progress.py",
    "core/text/validate.py",
    "core/text/outcome.py",
    "core/errors.py",
    "core/material_settings.py",
    "features/generation/destination.py",
    "features/generation/readiness.py",
    "features/costs.py",
    "features/edit/areas.py",
    "features/edit/view_result.py",
    "features/storyboard/shots.py",
    "features/texture/bake_queue.py",
    "features/texture/maps/texture_info.py",
)
#: Files whose notes an artist reads when a material or a texture is made: all sentences in them.
_NOTES = (
    *("features/texture/apply_maps.py", "features/texture/maps/light.py", "features/texture/maps/bake_maps.py"),
    *("features/texture/maps/detail.py", "features/material/from_image.py", "features/material/library_list.py"),
    *("blender/bake/uv_checks.py", "blender/deliver/pbr/uv_density.py", "blender/deliver/pbr/map_images.py"),
    *("blender/deliver/datablocks/files.py", "blender/deliver/material/surface_inputs.py"),
    *("imaging/material/files.py", "session/background_tasks.py", "session/material_maps.py"),
)
#: Functions whose arguments at these places are notices, with values in them.
_NOTICES = {"show_notice": (1, 2), "Task": (0,), "start": (1,)}
_ERRORS = {"ErrorText", "InputError", "NanoBananaError"}
#: Folders and files whose errors an artist reads in a panel or report. Those of the command line, of records that were
#: tampered with, and of calls for scripts stay English.
_ERROR_PLACES = (
    *("blender/", "features/", "wire/comfyui/", "wire/services/", "wire/providers", "wire/keys", "operators/"),
    *("wire/http/transport", "wire/http/call", "core/texture", "core/presets/", "core/storyboard/"),
)
_MACHINE_PLACES = ("features/agent/",)
#: Enumerations whose values are drawn, as far as they are plain texts.
_ENUMS = {"Problem"}
#: Tables of a file whose texts are drawn.
_TABLES = {
    *("_STATES", "_CHOICES", "END_STATE_LABELS", "STATE_LABELS", "_SERIAL", "_PARALLEL"),
    *("_BUTTONS", "_PREFERENCES", "_WORDS", "_FILE_ACTIONS", "_ACTIONS", "_REPAIRS"),
    *("ANOTHER_FILE", "stopped", "elsewhere", "COVERAGE"),
}
_LEAST_LETTERS = 8  # of a sentence, beside its values
_LAYERS = ("panels", "operators", "features", "preferences")


def collect() -> dict[str, str]:
    """Each English text with the class or file that it was found in, sorted. The add-on must be enabled."""
    found: dict[str, str] = {}
    lists = (_list_class_texts, _list_code_texts, _list_sentences, _list_blockers, _list_errors, _list_tables)
    notes = (_list_notes, _list_notices)
    for text, place in (each for list_texts in (*lists, _list_values, *notes) for each in list_texts()):
        if is_language(text):
            found.setdefault(inspect.cleandoc(text), place)
    return dict(sorted(found.items()))


def is_language(text: str) -> bool:
    """Whether a text is made of words: no identifier, address, ratio, size or unit."""
    stripped = text.strip()
    if len(stripped) < 2 or stripped.startswith(("http://", "https://")):
        return False
    if re.fullmatch(r"[a-z0-9]+([_.\-][a-z0-9]+)+|\d+[KkMm]|[\W\d]*", stripped):
        return False
    return any(letter.isalpha() for letter in re.sub(r"\{[^}]*\}", "", stripped))


def _list_class_texts() -> Iterator[tuple[str, str]]:
    for base in _BASES:
        for cls in _list_subclasses(getattr(bpy.types, base)):
            if PREFIX not in cls.__name__ or not cls.is_registered:
                continue
            yield from ((text, cls.__name__) for text in _list_texts(cls, base))


def _list_subclasses(cls: type) -> Iterator[type]:
    for child in cls.__subclasses__():
        yield child
        yield from _list_subclasses(child)


def _list_texts(cls: type, base: str) -> Iterator[str]:
    if base in {"Operator", "Panel", "Menu"}:
        yield getattr(cls, "bl_label", "")
    if base in {"Panel", "Menu"}:
        return
    rna = cls.bl_rna
    if base == "Operator":
        module, _, name = cls.bl_idname.partition(".")
        rna = getattr(getattr(bpy.ops, module), name).get_rna_type()
        yield rna.description
    inherited = set(getattr(bpy.types, base).bl_rna.properties.keys()) | {"name", "rna_type"}
    for prop in rna.properties:
        if prop.identifier not in inherited and prop.name != prop.identifier:  # those without a name are not drawn
            yield from (prop.name, prop.description)
        if prop.identifier not in inherited and prop.type == "ENUM":
            for item in prop.enum_items_static:
                yield from (item.name, item.description)


def _list_code_texts() -> Iterator[tuple[str, str]]:
    for path in SHIPPED:
        if layer_of(path) in _LAYERS:
            for node in ast.walk(parse(path)):
                if isinstance(node, ast.Call):
                    yield from ((text, name_of(path)) for text in _list_arguments(node))


def _list_sentences() -> Iterator[tuple[str, str]]:
    for name in _SENTENCES:
        path = ROOT / "nano_banana_addon" / name
        for node in ast.walk(parse(path)):
            values = [node.value] if isinstance(node, ast.Return | ast.Yield) and node.value else []
            texts = (text for value in values for text in _list_literals(value, with_values=True))
            yield from ((text, name) for text in texts if " " in text or text.istitle())
            yield from ((text, name) for text in _list_error(node))


def _list_blockers() -> Iterator[tuple[str, str]]:
    """Why something cannot be done: what functions called `find_…_blocker` say, also as keys of a table of reasons."""
    for path in SHIPPED:
        functions = (node for node in ast.walk(parse(path)) if isinstance(node, ast.FunctionDef))
        for function in functions:
            if function.name.endswith("blocker"):
                yield from ((text, name_of(path)) for node in ast.walk(function) for text in _list_reasons(node))


def _list_reasons(node: ast.AST) -> Iterator[str]:
    values = [node.value] if isinstance(node, ast.Return | ast.Assign) and node.value else []
    keys = [key for value in values if isinstance(value, ast.Dict) for key in value.keys if key]
    for value in (*values, *keys):
        yield from (text for text in _list_literals(value, with_values=True) if text.endswith("."))


def _list_notes() -> Iterator[tuple[str, str]]:
    for name in _NOTES:
        tree = parse(ROOT / "nano_banana_addon" / name)
        docstrings = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
        parts = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
        texts = (node for node in ast.walk(tree) if isinstance(node, ast.Constant | ast.JoinedStr))
        for node in texts:
            if id(node) not in docstrings | parts:
                yield from ((text, name) for text in _list_literals(node, with_values=True) if _is_sentence(text))


def _is_sentence(text: str) -> bool:
    words = re.sub(r"\{[^}]*\}", "", text)
    return " " in words.strip() and text.endswith((".", "…")) and sum(map(str.isalpha, words)) > _LEAST_LETTERS


def _list_notices() -> Iterator[tuple[str, str]]:
    for path in SHIPPED:
        for node in ast.walk(parse(path)):
            if isinstance(node, ast.Call) and layer_of(path) in {*_LAYERS, "session"}:
                places = _NOTICES.get(_name_function(node), ())
                values = [node.args[place] for place in places if place < len(node.args)]
                texts = (text for value in values for text in _list_literals(value, with_values=True))
                yield from ((text, name_of(path)) for text in texts if _is_sentence(text))


def _list_errors() -> Iterator[tuple[str, str]]:
    for path in SHIPPED:
        name = name_of(path).removeprefix("nano_banana_addon/")
        if name.startswith(_ERROR_PLACES) and not name.startswith(_MACHINE_PLACES):
            yield from ((text, name) for node in ast.walk(parse(path)) for text in _list_error(node))


def _list_error(node: ast.AST) -> Iterator[str]:
    """What an error says that is raised here, if one is: sentences, no names of its kind."""
    if isinstance(node, ast.Call) and _name_function(node) in _ERRORS:
        for value in (*node.args, *(each.value for each in node.keywords)):
            yield from (text for text in _list_literals(value, with_values=True) if " " in text or text.istitle())


def _list_tables() -> Iterator[tuple[str, str]]:
    for path in SHIPPED:
        for node in _list_statements(path):
            targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
            names = {part.id for target in targets if target for part in ast.walk(target) if isinstance(part, ast.Name)}
            if names & _TABLES:
                texts = (value for value in ast.walk(node) if isinstance(value, ast.Constant))
                words = (text.value for text in texts if isinstance(text.value, str) and not text.value.isupper())
                yield from ((text, name_of(path)) for text in words if text[:1].isupper() and "_" not in text)


def _list_statements(path: Path) -> Iterator[ast.stmt]:
    """The statements of a file and of its classes."""
    for node in parse(path).body:
        yield from node.body if isinstance(node, ast.ClassDef) else [node]


def _list_values() -> Iterator[tuple[str, str]]:
    for path in SHIPPED:
        for node in parse(path).body:
            if isinstance(node, ast.ClassDef) and node.name in _ENUMS:
                values = [each.value for each in node.body if isinstance(each, ast.Assign)]
                texts = (value.value for value in values if isinstance(value, ast.Constant) and value.value)
                yield from ((str(text), name_of(path)) for text in texts)


def _name_function(call: ast.Call) -> str:
    """What is called, without the module or object before the point."""
    function = call.func
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def _list_arguments(call: ast.Call) -> Iterator[str]:
    name = _name_function(call)
    values = [keyword.value for keyword in call.keywords if keyword.arg in _ARGUMENTS]
    place = _FUNCTIONS.get(name)
    if place is not None and place < len(call.args):
        values.append(call.args[place])
    for value in values:
        yield from _list_literals(value)


def _list_literals(node: ast.expr, *, with_values: bool = False) -> Iterator[str]:
    """The texts that an expression can be, as far as they are written there; with values as placeholders."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.JoinedStr) and with_values:
        yield _number_repeats("".join(_spell_part(part) for part in node.values))
    elif isinstance(node, ast.IfExp):
        yield from _list_literals(node.body, with_values=with_values)
        yield from _list_literals(node.orelse, with_values=with_values)
    elif isinstance(node, ast.BoolOp | ast.Tuple):
        for value in node.values if isinstance(node, ast.BoolOp) else node.elts:
            yield from _list_literals(value, with_values=with_values)


def _number_repeats(text: str) -> str:
    """A text in which no two values have the same name: a sentence is recognized by them."""
    seen: list[str] = []

    def number(match: re.Match[str]) -> str:
        seen.append(match[1])
        count = seen.count(match[1])
        return f"{{{match[1]}{count if count > 1 else ''}}}"

    return re.sub(r"\{(\w+)\}", number, text)


def _spell_part(part: ast.expr) -> str:
    """A part of a formatted text: itself, or the name of its value in braces."""
    if isinstance(part, ast.Constant):
        return str(part.value)
    names = re.findall(r"[a-z_]\w*", ast.unparse(part.value if isinstance(part, ast.FormattedValue) else part))
    return f"{{{names[-1] if names else 'value'}}}"
