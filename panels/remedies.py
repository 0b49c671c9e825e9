# SPDX-License-Identifier: GPL-3.0-or-later
"""The button that mends what went wrong, by the kind of the error or the remedy that it names."""

import bpy

_PREFERENCES = ("nano_banana.open_preferences", "PREFERENCES")
_IN_PREFERENCES = ("KEY_MISSING", "KEY_INVALID", "PERMISSION", "BILLING", "OFFLINE", "BUDGET", "REGION", "MODEL")
_BUTTONS = {
    **dict.fromkeys(_IN_PREFERENCES, _PREFERENCES),
    "RECOVERED": ("nano_banana.recovery", "RECOVER_LAST"),
    "SHOW_VIEWS": ("nano_banana.texture_show_views", "OUTLINER_OB_CAMERA"),
    "UNWRAP": ("nano_banana.unwrap", "UV"),
    "NEW_UV_MAP": ("nano_banana.unwrap", "UV"),
}


def draw_remedy(layout: bpy.types.UILayout, kind: str, text: str | None = None) -> bool:
    """Draw the button for an error, and whether one can mend it; `text` instead of the operator's name."""
    if kind in _BUTTONS:
        identifier, icon = _BUTTONS[kind]
        if kind == "NEW_UV_MAP":
            layout.operator(identifier, text="New UV Map for Texturing", icon=icon).beside = True
        else:
            layout.operator(identifier, text=text, icon=icon)
    return kind in _BUTTONS
