# SPDX-License-Identifier: GPL-3.0-or-later
"""The scene's settings as values, and values back into the scene."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import bpy

from ...blender.deliver.registry import OFFERED_TARGETS
from ...core import models
from ...core.menus import CUSTOM_MODEL
from ...core.models import ImageModel
from ...core.options import DEFAULT
from ...core.settings import OPTIONS, Settings
from ...identity import SCENE_PROPERTY

#: The properties of the scene and of operators that hold a choice.
CHOICE_NAMES = (*OPTIONS, *(target.setting for target in OFFERED_TARGETS))
_DEFAULTS = Settings()


def settings_of(scene: bpy.types.Scene) -> Settings:
    """The settings saved in a scene, as far as the chosen model has them."""
    choices, prompt = read_choices(getattr(scene, SCENE_PROPERTY), CHOICE_NAMES, _DEFAULTS), prompt_of(scene)
    if prompt != choices.prompt:  # each copy takes time, and panels ask for the settings in each draw
        choices = choices.replace_choices({"prompt": prompt})
    return choices.drop_unsupported()


def find_model(scene: bpy.types.Scene) -> ImageModel:
    """The chosen model."""
    choices = getattr(scene, SCENE_PROPERTY)
    return models.find(choices.custom_model.strip() if choices.model == CUSTOM_MODEL else choices.model)


def prompt_of(scene: bpy.types.Scene) -> str:
    """The prompt: the text data-block if one is chosen, else the line."""
    group = getattr(scene, SCENE_PROPERTY)
    return str(group.prompt_text.as_string() if group.prompt_text else group.prompt)


def read_choices(owner: Any, names: Collection[str], base: Settings) -> Settings:
    """`base` with the named properties of a group or operator."""
    found = ((name, getattr(owner, name, None)) for name in OPTIONS if name in names)  # panels read them in each draw
    values = {name: value for name, value in found if value is not None}
    values |= {name: "" for name, value in values.items() if OPTIONS[name].optional and value == DEFAULT}
    deliveries = [t.id for t in OFFERED_TARGETS if _is_chosen(owner, t.setting, names, t.id in base.deliveries)]
    return base.replace_choices({**values, "deliveries": tuple(deliveries)})


def _is_chosen(owner: Any, setting: str, names: Collection[str], before: bool) -> bool:
    return bool(getattr(owner, setting)) if setting in names and hasattr(owner, setting) else before


def write_choices(group: Any, settings: Settings) -> list[str]:
    """Set a scene's properties, except the variants; returns a sentence for each unknown value."""
    notes: list[str] = []
    for row in OPTIONS.values():
        if row.name == "variants":
            continue
        value = getattr(settings, row.name)
        try:
            setattr(group, row.name, set(value) if row.is_multiple else value or (DEFAULT if row.optional else value))
        except TypeError:  # a menu without this value, of another version
            notes.append(f"{row.label}: this version does not know {value!r}.")
    for target in OFFERED_TARGETS:
        setattr(group, target.setting, target.id in settings.deliveries)
    return notes
