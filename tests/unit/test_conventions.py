# SPDX-License-Identifier: GPL-3.0-or-later
"""Names, docstrings and annotations of what ships: the field's words, verbs for functions, nouns for modules."""

from __future__ import annotations

import ast
import re
from collections import defaultdict

from tests.support import source
from tests.support.source import SHIPPED, name_of

_PARTICIPLES = frozenset(
    {
        "made",
        "found",
        "drawn",
        "shown",
        "seen",
        "told",
        "said",
        "given",
        "known",
        "kept",
        "left",
        "written",
        "laid",
        "chosen",
        "taken",
        "held",
        "begun",
        "gone",
        "sent",
        "meant",
        "thrown",
    }
)
_PREPOSITIONS = frozenset(
    {"of", "for", "in", "at", "by", "beside", "behind", "after", "instead", "again", "within", "onto", "into"}
)
_VERBS_IN_ED = frozenset({"feed", "need", "embed", "seed", "speed"})
_NOUNS_IN_ING = frozenset({"ring", "string", "ping"})
#: Type names of arrays, as they stand in annotations.
_ARRAYS = re.compile(r"\b(NDArray|ndarray|Pixels|Floats|Doubles|Reals|Mask|Points|Indices)\b")
#: A shape in words: (h, w, 4), (n,), (height, width) …
_SHAPE = re.compile(r"\(\w+,[^()]*\)|\bshapes?\b|\d x \d")
#: Words that stand for another thing. "courier" is a role in stored data and the beginning of the logs' names.
_METAPHORS = re.compile(
    r"\b(the house|housekeeping|rooms|chores?|errands?|parcels?|the books|heirs?|goodbye|courier(?![\"-])|couriers)\b",
    re.IGNORECASE,
)


def is_odd(name: str) -> bool:
    """Whether a function's name begins with a participle, a gerund or a preposition."""
    word = name.lstrip("_").split("_")[0]
    return (
        word in _PARTICIPLES | _PREPOSITIONS
        or (word.endswith("ed") and word not in _VERBS_IN_ED)
        or (word.endswith("ing") and word not in _NOUNS_IN_ING)
    )


def test_functions_are_named_by_verbs():
    functions = [
        (name_of(path), function.name)
        for path in SHIPPED
        for function in source.find_functions(path)
        if not function.name.startswith("__") and not source.is_property(function)
    ]
    odd = [f"{path}: {name}" for path, name in functions if is_odd(name)]
    assert len(odd) < 0.02 * len(functions), odd


def test_no_module_is_named_by_a_gerund():
    assert [name_of(path) for path in SHIPPED if re.search(r"ing(_|\.py$)", path.name)] == []


def test_a_public_class_has_its_name_for_itself():
    places = defaultdict(list)
    for path in SHIPPED:
        for node in source.parse(path).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                places[node.name].append(name_of(path))
    assert {name: paths for name, paths in places.items() if len(paths) > 1} == {}


def test_a_file_names_its_licence_and_its_purpose_first():
    silent = []
    for path in SHIPPED:
        purpose = (ast.get_docstring(source.parse(path)) or "").split("\n\n")[0].strip()
        has_licence = path.read_text(encoding="utf-8").startswith("# SPDX-License-Identifier: GPL-3.0-or-later\n")
        if not has_licence or not re.search(r"[.?!:)`]$", purpose):  # the purpose is a sentence
            silent.append(name_of(path))
    assert silent == []


def test_every_function_says_what_it_takes_and_gives():
    missing = []
    for path, function in _list_functions():
        arguments = [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]
        names = [a.arg for a in arguments if not a.annotation and a.arg not in {"self", "cls"}]
        names += ["return"] if function.returns is None else []
        missing += [f"{name_of(path)}:{function.name}({name})" for name in names]
    assert missing == []


def test_a_public_function_on_arrays_states_their_shape():
    silent = []
    for path, function in _list_functions():
        annotations = [argument.annotation for argument in function.args.args if argument.annotation]
        signature = " ".join(ast.unparse(node) for node in [*annotations, *filter(None, [function.returns])])
        is_public = not function.name.startswith("_") and function in source.parse(path).body
        if is_public and _ARRAYS.search(signature) and not _SHAPE.search(ast.get_docstring(function) or ""):
            silent.append(f"{name_of(path)}:{function.name}")
    assert silent == []


def test_a_file_is_written_in_the_terms_of_its_field():
    lines = [(name_of(path), line) for path in SHIPPED for line in path.read_text(encoding="utf-8").splitlines()]
    assert [(name, line.strip()) for name, line in lines if _METAPHORS.search(line)] == []


def _list_functions():
    return [(path, function) for path in SHIPPED for function in source.find_functions(path)]
