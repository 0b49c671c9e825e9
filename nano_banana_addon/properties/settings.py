# SPDX-License-Identifier: GPL-3.0-or-later
"""The settings of a generation as Blender properties, shared by the scene's group and by the operators."""

from __future__ import annotations

from bpy.props import BoolProperty

from ..blender.capture.sources import SOURCES
from ..blender.deliver.registry import OFFERED_TARGETS
from ..core import models
from ..core.settings import OPTIONS
from .options import build_mixin, enum_items


def _search_new_models(_self: object, _context: object, typed: str) -> list[tuple[str, str]]:
    """The models that providers list and the catalogue does not know; any other id can be typed."""
    found = models.list_new_models().items()
    return [(id, label) for id, label in found if typed.lower() in f"{id} {label}".lower()]


#: A mixin: a property for every option, and for every delivery target that the artist may choose.
SettingsProperties = build_mixin(
    "SettingsProperties",
    OPTIONS.values(),
    more={
        target.setting: BoolProperty(name=target.label, description=target.help, default=target.is_default)
        for target in OFFERED_TARGETS
    },
    special={
        "source": {"items": enum_items(source.item for source in SOURCES.values())},
        "custom_model": {"search": _search_new_models, "search_options": {"SUGGESTION"}},
    },
)
