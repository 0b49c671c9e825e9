# SPDX-License-Identifier: GPL-3.0-or-later
"""From what the artist wrote to the prompt of a request: fields, style, facts of the scene, words of a variant."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import bpy

from ...core.constants import Kind
from ...core.errors import InputError
from ...core.request import GenerationRequest
from ...core.settings import Settings
from ...core.styles.styles import compose_style
from ...core.styles.templates import (
    FIELDS,
    SCENE_FIELDS,
    choose_words,
    count_combinations,
    fill_fields,
    list_empty,
    read_values,
)
from ...core.styles.word_lists import WORD_LISTS, clean_words, is_list_name
from . import scene_facts

#: Of the presets that Blender keeps for a user; the lists of words lie in a folder beside them.
PRESET_FOLDER = "nano_banana"
#: What a request remembers of its prompt besides the text: the artist's words, and the template of its variants.
WORDS, TEMPLATE = "words", "template"
_MAX_LIST_BYTES = 64 * 1024


def build_prompt(context: bpy.types.Context, settings: Settings, kind: Kind) -> tuple[str, dict[str, str]]:
    """The prompt of the first variant, and what to remember of how it was made.

    Raises `InputError` for a field that nothing fills.
    """
    template = build_template(context, settings, kind)
    prompt = choose_words(template, 0, read_lists())
    words = settings.prompt.strip()
    is_changed = prompt != words or kind is Kind.VIEW  # a view adds its own words
    return prompt, ({WORDS: words} if is_changed else {}) | ({TEMPLATE: template} if prompt != template else {})


def build_template(context: bpy.types.Context, settings: Settings, kind: Kind) -> str:
    """The prompt with its style and facts, in which only the words of variants are open. Raises `InputError`."""
    changes_image = kind is Kind.EDIT  # a style or a fact would describe the whole of it
    text = settings.prompt.strip()
    style = "" if changes_image else compose_style(settings.style)
    uses_facts = settings.scene_facts and not changes_image
    needs_facts = uses_facts or any(f"{{{name}" in text for name in SCENE_FIELDS)
    facts = scene_facts.read_facts(context, settings, kind) if needs_facts else {}
    values = facts | read_values(settings)
    if empty := list_empty(text, values):
        raise InputError(
            f'The prompt has the field "{empty[0]}", and nothing says what it is.',
            next_step="Fill it in below the prompt." if empty[0] in FIELDS else "The scene does not show it.",
        )
    parts = (text, style, scene_facts.describe_facts(facts) if uses_facts else "")
    filled = (fill_fields(part, values) for part in parts)
    return "\n\n".join(part for part in filled if part)


def choose_variant(request: GenerationRequest, number: int) -> GenerationRequest:
    """The request with the words of a variant."""
    template = request.choices.get(TEMPLATE, "")
    prompt = choose_words(template, number, read_lists()) if template and number else request.prompt
    return replace(request, prompt=prompt, variant=number)


def has_alternatives(request: GenerationRequest) -> bool:
    """Whether the prompts of variants differ."""
    template = request.choices.get(TEMPLATE, "")
    return bool(template) and count_combinations(template, read_lists()) > 1


def get_list_folder() -> Path:
    """The folder of the artist's lists of words; it need not exist."""
    return Path(bpy.utils.user_resource("SCRIPTS", path=f"presets/{PRESET_FOLDER}/lists"))


def read_lists() -> Mapping[str, tuple[str, ...]]:
    """All lists of words by name: those of the add-on, those of the artist's folder, and the texts of this file.

    A text data-block is one if its name is that of a list between double underscores.
    """
    lists = dict(WORD_LISTS)
    for path in sorted(get_list_folder().glob("*.txt")):
        if is_list_name(path.stem) and (words := read_list(path)):
            lists[path.stem] = words
    for text in bpy.data.texts:
        name = text.name[2:-2] if text.name.startswith("__") and text.name.endswith("__") else ""
        if is_list_name(name) and (words := clean_words(line.body for line in text.lines)):
            lists[name] = words
    return lists


def read_list(path: Path) -> tuple[str, ...]:
    """The words of a file, one a line; none for one that cannot be read."""
    try:
        with path.open("rb") as file:
            return clean_words(file.read(_MAX_LIST_BYTES).decode("utf-8", "replace").splitlines())
    except OSError:
        return ()
