# SPDX-License-Identifier: GPL-3.0-or-later
"""What is missing before anything can be sent with the scene's settings; cheap enough for panels and `poll`."""

from __future__ import annotations

import bpy

from ...blender.capture.sources import find_source
from ...blender.host import credentials
from ...blender.host.preferences import get_preferences
from ...core.constants import OFFLINE
from ...core.errors import ErrorKind
from ...core.settings import Source
from ...core.styles import templates
from ...core.styles.styles import NO_STYLE
from ...identity import SCENE_PROPERTY
from ...wire.providers import PROVIDERS, Provider
from . import destination, scene_settings


def get_provider() -> Provider:
    """The provider in the preferences."""
    preferences = get_preferences()
    return PROVIDERS[preferences.provider if preferences else "google"]


def find_provider_blocker() -> tuple[ErrorKind | None, str]:
    """Why the provider cannot be reached: the kind, and a sentence; (None, "") if it can."""
    provider = get_provider()
    if provider.id == OFFLINE:
        return None, ""
    if not bpy.app.online_access and not destination.is_local(provider.id):
        return ErrorKind.OFFLINE, "Online access is switched off in Blender."
    if provider.needs_key and not (found := credentials.find_credential(provider.id)).key:
        if found.obstacle:
            return ErrorKind.KEY_MISSING, found.obstacle
        return ErrorKind.KEY_MISSING, f"There is no API key for {provider.label}."
    return None, ""


def find_service_blocker(context: bpy.types.Context) -> str:
    """Why the provider or the model cannot be used, as a sentence; "" if they can."""
    model = scene_settings.find_model(context.scene)
    return find_provider_blocker()[1] or destination.find_model_problem(get_provider(), model)


def find_blocker(context: bpy.types.Context) -> str:
    """Why nothing can be sent, as a sentence; "" if it can."""
    if message := find_service_blocker(context):
        return message
    choices, prompt = getattr(context.scene, SCENE_PROPERTY), scene_settings.prompt_of(context.scene)
    if not prompt.strip() and choices.style == NO_STYLE:
        return "Write a prompt first."
    empty = set(templates.list_empty(prompt, templates.read_values(choices)))
    missing = next((name for name in templates.FIELDS if name in empty), "")
    return f"Fill in the field {missing.title()} of the prompt." if missing else ""


def find_source_blocker(context: bpy.types.Context, source: str = "") -> str:
    """Why the scene cannot be captured from a source ("": the chosen one), as a sentence; "" if it can."""
    choices = getattr(context.scene, SCENE_PROPERTY)
    source = source or choices.source
    if source in (Source.CAMERA, Source.RENDER) and context.scene.camera is None:
        return f"The scene has no camera, which the source {find_source(source).item.label} needs."
    if source == Source.LAST_RENDER and not any(i.type == "RENDER_RESULT" for i in bpy.data.images):
        return "There is no Render Result. Render the scene with F12 first."
    if source == Source.IMAGE and not choices.source_image:
        return "Choose the image to start from."
    return ""
