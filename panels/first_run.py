# SPDX-License-Identifier: GPL-3.0-or-later
"""What the main panel shows before the first image: the choice of the service, what it costs, an example scene."""

from __future__ import annotations

import bpy

from ..nano_banana_addon.blender.host import credentials
from ..nano_banana_addon.blender.host.preferences import get_preferences, key_property
from ..nano_banana_addon.core import cost, errors
from ..nano_banana_addon.core.constants import OFFLINE
from ..nano_banana_addon.features import example_scene, payment
from ..nano_banana_addon.features.generation import readiness, scene_settings
from ..nano_banana_addon.identity import SESSION_PROPERTY
from ..nano_banana_addon.translations import translate
from .base.sidebar import Sidebar, draw_text


def is_first_run(context: bpy.types.Context) -> bool:
    """Whether nothing was generated yet on this computer and there is no key: the service is to be chosen."""
    session, provider = getattr(context.window_manager, SESSION_PROPERTY), readiness.get_provider()
    if session.has_generated or provider.id == OFFLINE or not provider.needs_key:
        return False
    found = credentials.find_credential(provider.id)
    return get_preferences() is not None and not found.key and not found.is_pending


class MainPart(Sidebar):
    """A sub-panel of the main panel, which is there when a service was chosen."""

    bl_parent_id = "NANO_BANANA_PT_main"
    bl_options = {"DEFAULT_CLOSED"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Not before."""
        return not is_first_run(context)


def draw_first_run(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    """Draw the choice: Offline at once, the example scene, or a service and its key."""
    layout.label(text="Who generates the images?")
    _draw_offline(layout.box(), context)
    _draw_service(layout.box(), context)


def draw_start(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    """Draw, until something was generated, what helps with that: a test of the new key, or the example scene."""
    session, provider = getattr(context.window_manager, SESSION_PROPERTY), readiness.get_provider()
    if session.has_generated:
        return
    if provider.id == OFFLINE:
        if not example_scene.is_example(context.scene):
            layout.operator("nano_banana.load_example", icon="SCENE_DATA")
    elif credentials.find_credential(provider.id).origin in ("keyring", "preferences") or session.connection:
        _draw_connection(layout.box(), context)


def draw_online_switch(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    """Draw the switch that lets Blender reach the network, or why it cannot be switched."""
    if bpy.app.online_access_override:
        draw_text(layout, context, "Start Blender without --offline-mode, or use Offline.")
    else:
        layout.prop(context.preferences.system, "use_online_access", text="Allow Online Access")


def _draw_offline(box: bpy.types.UILayout, context: bpy.types.Context) -> None:
    box.label(text="Offline", icon="DESKTOP")
    draw_text(box, context, "Simple previews made on this computer. No key, no cost, nothing is sent.")
    column = box.column(align=True)
    column.scale_y = 1.3
    column.operator("nano_banana.try_offline", text="Use Offline", icon="CHECKMARK")
    column.operator("nano_banana.load_example", text="Try an Example Scene", icon="SCENE_DATA").use_offline = True


def _draw_service(box: bpy.types.UILayout, context: bpy.types.Context) -> None:
    preferences, provider = get_preferences(), readiness.get_provider()
    row = box.row()
    row.label(text="Service", icon="URL")
    row.prop(preferences, "provider", text="")
    name = "Your key" if provider.auth != "basic" else "user:password"
    box.prop(preferences, key_property(provider), text="", icon="KEYINGSET", placeholder=name)
    if provider.key_page_url:
        box.operator("wm.url_open", text="Get a Key …", icon="URL").url = provider.key_page_url
    draw_text(box, context, describe_service(context))
    if readiness.find_provider_blocker()[0] is errors.ErrorKind.OFFLINE:
        draw_text(box, context, readiness.find_provider_blocker()[1], icon="INTERNET_OFFLINE")
        draw_online_switch(box, context)
    _draw_connection(box, context)


def describe_service(context: bpy.types.Context) -> str:
    """What is sent to the provider, and what an image costs with the scene's settings."""
    settings, provider = scene_settings.settings_of(context.scene), readiness.get_provider()
    price = payment.estimate_restyle(context)
    dollars = cost.format_dollars(price.dollars / price.count if price.dollars is not None and price.count else None)
    return translate(
        "Your prompt, the captured image and your references are sent to {provider}, which bills about {price} for a"
        " {size} image. Each button that pays shows its price; nothing is sent before you press one.",
        provider=provider.label,
        price=dollars,
        size=settings.image_size,
    )


def _draw_connection(box: bpy.types.UILayout, context: bpy.types.Context) -> None:
    box.operator("nano_banana.test_connection", icon="LINKED")
    session = getattr(context.window_manager, SESSION_PROPERTY)
    draw_text(box, context, session.connection, icon="CHECKMARK" if session.connection_ok else "ERROR")
