# SPDX-License-Identifier: GPL-3.0-or-later
"""Use Its Prompt and Settings: from a request of the history to the scene's settings, with its references."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import bpy

from ...blender.capture.sources import SOURCES
from ...core import models
from ...core.constants import Kind, ReferenceRole
from ...core.options import decode_state
from ...core.request import GenerationRequest
from ...core.scene.fit import Fit
from ...core.settings import AUTO_RATIO, CUSTOM_MODEL, OPTIONS, Settings, Source, settings_of_request
from ...core.styles.templates import escape
from ...identity import SCENE_PROPERTY
from ...session import thumbnails
from ..history import lookup
from .prompt_text import read_lists
from .scene_settings import write_choices

#: Roles of the scene's list; the others are made for each request.
_LISTED_ROLES = frozenset(
    {
        ReferenceRole.STYLE,
        ReferenceRole.CHARACTER,
        ReferenceRole.OBJECT,
        ReferenceRole.MATERIAL,
        ReferenceRole.PLACE,
    }
)


def restore(scene: bpy.types.Scene, generation_id: str) -> list[str]:
    """Restore the settings of a generation; returns what could not be restored, in sentences.

    Raises `NanoBananaError` if the generation is gone.
    """
    request = lookup.find(generation_id).request
    choices = settings_of(request)
    group = getattr(scene, SCENE_PROPERTY)
    group.prompt_text = None
    notes = write_choices(group, choices)
    group.references.clear()
    for reference in request.references:
        if reference.role in _LISTED_ROLES:
            entry = group.references.add()
            entry.name, entry.role, entry.path = reference.label, reference.role, reference.path
            thumbnails.load(reference.path)
    group.active_reference = 0
    if request.continues:
        notes.append("It continued an earlier image, which is not sent again.")
    return notes


def settings_of(request: GenerationRequest) -> Settings:
    """The settings that lead to a request. Older requests do not hold how the scene was drawn."""
    is_known = request.model in models.MODELS
    choices: dict[str, Any] = {
        "prompt": escape(request.prompt, read_lists()),  # as it was sent, style and words of the variant included
        "model": request.model if is_known else CUSTOM_MODEL,
        "custom_model": "" if is_known else request.model,
        "image_size": request.image_size,
        "aspect_ratio": request.aspect_ratio or AUTO_RATIO,
        **settings_of_request(request),
        "deliveries": tuple(request.delivery.kinds),
        "project": request.project,
    }
    return Settings().replace_choices(
        {**choices, **_read_capture(request), **decode_state(OPTIONS.values(), request.choices)}
    )


def _read_capture(request: GenerationRequest) -> Mapping[str, Any]:
    capture = request.capture
    if capture is None:
        return {"source": (Source.NONE if request.kind is Kind.TEXTURE else Source.CAMERA).value}
    return {
        "source": capture.source if capture.source in SOURCES else Source.CAMERA.value,
        "fit": (capture.framing.fit if capture.framing else Fit.EXTEND).value,
        "transparent": bool(capture.mask),
    }
