# SPDX-License-Identifier: GPL-3.0-or-later
"""Use These Settings Again: a request of the history back into the scene's choices, with its references."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import bpy

from ...core import models
from ...core.frames import Fit
from ...core.request import DeliveryKind, GenerationRequest, Kind, ReferenceRole
from ...core.settings import (
    AUTO_RATIO,
    CUSTOM_MODEL,
    DEFAULT,
    DEFAULTED,
    SETTING_NAMES,
    Settings,
    Source,
    decode_ui_state,
    settings_of_request,
)
from ...identity import SCENE_PROPERTY
from ...session import thumbnails
from ..history import lookup

#: Roles that stand in the scene's list; the others are made anew for each request.
_LISTED_ROLES = frozenset(
    {
        ReferenceRole.STYLE,
        ReferenceRole.CHARACTER,
        ReferenceRole.OBJECT,
        ReferenceRole.MATERIAL,
    }
)


def restore(scene: bpy.types.Scene, generation_id: str) -> list[str]:
    """Choose everything as it was for a generation; what cannot be chosen again, in words.

    Raises `NanoBananaError` if the generation is gone.
    """
    request = lookup.find(generation_id).request
    choices = settings_of(request)
    group = getattr(scene, SCENE_PROPERTY)
    group.prompt_text = None
    notes = _set_properties(group, choices)
    group.references.clear()
    for reference in request.references:
        if reference.role in _LISTED_ROLES:
            entry = group.references.add()
            entry.name, entry.role, entry.path = reference.label, reference.role, reference.path
            thumbnails.load(reference.path)
    group.active_reference = 0
    if request.continues:
        notes.append("It continued an earlier picture; that picture is not sent again.")
    return notes


def settings_of(request: GenerationRequest) -> Settings:
    """The choices that lead to a request. Older requests do not tell how the scene was drawn."""
    is_known = request.model in models.MODELS
    choices: dict[str, Any] = {
        "prompt": request.prompt,
        "model": request.model if is_known else CUSTOM_MODEL,
        "custom_model": "" if is_known else request.model,
        "image_size": request.image_size,
        "aspect_ratio": request.aspect_ratio or AUTO_RATIO,
        **settings_of_request(request),
        "to_image": DeliveryKind.IMAGE in request.delivery.kinds,
        "to_material": DeliveryKind.MATERIAL in request.delivery.kinds,
        "to_compositor": DeliveryKind.COMPOSITOR in request.delivery.kinds,
        "to_background": DeliveryKind.CAMERA_BACKGROUND in request.delivery.kinds,
        "project": request.project,
    }
    return Settings().with_choices({**choices, **_read_capture(request), **decode_ui_state(request.choices)})


def _read_capture(request: GenerationRequest) -> Mapping[str, Any]:
    capture = request.capture
    if capture is None:
        return {"source": Source.NONE if request.kind is Kind.TEXTURE else Source.CAMERA}
    is_known = capture.source in set(Source)
    return {
        "source": Source(capture.source) if is_known else Source.CAMERA,
        "fit": capture.framing.fit if capture.framing else Fit.EXTEND,
        "transparent": bool(capture.mask),
    }


def _set_properties(group: Any, settings: Settings) -> list[str]:
    """Set the scene's properties; what one of them does not know is left as it is."""
    notes: list[str] = []
    for name in SETTING_NAMES:
        if not hasattr(group, name) or name == "variants":
            continue
        value = getattr(settings, name)
        try:
            if isinstance(value, tuple):  # choices of which several hold
                value = set(value)
            setattr(group, name, value or DEFAULT if name in DEFAULTED else value)
        except TypeError:  # an enum without this value, of another version
            notes.append(f"{group.bl_rna.properties[name].name}: {value!r} is not known here.")
    return notes
