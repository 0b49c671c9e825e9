# SPDX-License-Identifier: GPL-3.0-or-later
"""The button that mends what went wrong, by the kind of the error or the remedy that it names."""

from __future__ import annotations

import bpy

from ..nano_banana_addon.features.generation import readiness
from ..nano_banana_addon.identity import SCENE_PROPERTY
from ..nano_banana_addon.translations import translate

_PREFERENCES = ("nano_banana.open_preferences", "PREFERENCES", "Preferences")
_IN_PREFERENCES = ("KEY_MISSING", "KEY_INVALID", "PERMISSION", "BUDGET", "REGION", "NETWORK", "DISK")
#: The operator, its icon, and what it is called in the row of a list.
_BUTTONS = {
    **dict.fromkeys(_IN_PREFERENCES, _PREFERENCES),
    "RECOVERED": ("nano_banana.recovery", "RECOVER_LAST", "Recover"),
    "SHOW_VIEWS": ("nano_banana.texture_show_views", "OUTLINER_OB_CAMERA", "Views"),
    "UNWRAP": ("nano_banana.unwrap", "UV", "Unwrap"),
    "NEW_UV_MAP": ("nano_banana.unwrap", "UV", "Unwrap"),
    "MAKE_REAL": ("object.duplicates_make_real", "OUTLINER_OB_GROUP_INSTANCE", "Make Real"),
    "NO_CAMERA": ("nano_banana.add_camera", "OUTLINER_OB_CAMERA", "Add Camera"),
}


def draw_remedy(layout: bpy.types.UILayout, kind: str, *, short: bool = False) -> bool:
    """Draw what mends an error, and whether something can; `short`: one word without an icon, for the row of a list."""
    provider = readiness.get_provider()
    page = provider.billing_page_url or provider.key_page_url
    if kind in ("BILLING", "QUOTA_DAY") and page:
        icon = "NONE" if short else "URL"
        layout.operator("wm.url_open", text="Billing" if short else "Open the Service's Page", icon=icon).url = page
    elif kind in ("BILLING", "QUOTA_DAY"):
        return draw_remedy(layout, "KEY_INVALID", short=short)
    elif kind == "MODEL":
        layout.menu("NANO_BANANA_MT_model", text="Model" if short else "Choose Another Model")
    elif kind == "OFFLINE":
        switch = bpy.context.preferences.system
        text = translate("Go Online" if short else "Allow Online Access")
        layout.prop(switch, "use_online_access", text=text, toggle=True)
    elif kind == "DEADLINE" and not short:
        layout.prop_menu_enum(getattr(bpy.context.scene, SCENE_PROPERTY), "image_size", text="Choose a Smaller Size")
        return False  # sending it again may do as well
    elif kind == "NEW_UV_MAP":
        layout.operator("nano_banana.unwrap", text="New UV Map for Texturing", icon="UV").beside = True
    elif kind == "ATLAS":
        layout.operator("nano_banana.unwrap", text="Pack Atlas", icon="UV").atlas = True
    elif kind in _BUTTONS:
        identifier, icon, word = _BUTTONS[kind]
        layout.operator(identifier, text=word) if short else layout.operator(identifier, icon=icon)
    else:
        return False
    return True
