# SPDX-License-Identifier: GPL-3.0-or-later
"""Every choice that version 0.1.0 saves, with a value other than its default, and every menu item.

`make_0_1_0.py` writes these values and the tests expect them. They are literals on purpose: a name
that changes in the add-on must not change here.
"""

from __future__ import annotations

from typing import Any

#: The scene with every choice changed, and the properties of its `nano_banana` group.
CHANGED_SCENE = "Changed"
CHOICES: dict[str, Any] = {
    "prompt": "a harbour in fog",
    "source": "RENDER",
    "source_image": "//harbour.png",
    "shading": "SOLID",
    "overlays": True,
    "only_selected": True,
    "transparent": True,
    "use_region": True,
    "fit": "CROP",
    "capture_guides": {"DEPTH", "LINES"},
    "mask_image": "figure",
    "model": "CUSTOM",
    "custom_model": "a-model-of-the-future",
    "image_size": "4K",
    "aspect_ratio": "21:9",
    "thinking_level": "HIGH",
    "include_thoughts": True,
    "system_instruction": "no text in the picture",
    "google_search": True,
    "image_search": True,
    "media_resolution": "LOW",
    "service_tier": "FLEX",
    "safety_harassment": "OFF",
    "safety_hate_speech": "BLOCK_NONE",
    "safety_sexually_explicit": "BLOCK_ONLY_HIGH",
    "safety_dangerous_content": "BLOCK_LOW_AND_ABOVE",
    "temperature": 0.5,
    "seed": 1234,
    "variants": 3,
    "to_image": False,
    "to_material": True,
    "to_compositor": True,
    "to_background": True,
    "project": "Harbour",
}
#: Of its `nano_banana.texturing` group.
TEXTURING: dict[str, Any] = {
    "views": "BEST",
    "count": 7,
    "mode": "SEQUENTIAL",
    "guides": {"CLAY", "NORMAL", "IDENTITY"},
    "texture_size": 4096,
    "elevation": -12.5,
    "orthographic": True,
    "anchor": False,
    "references_once": True,
    "refine": True,
    "drift_limit": 5.5,
    "uv_map": "Painted",
}

_SAFETY = (
    *("DEFAULT", "OFF", "BLOCK_NONE", "BLOCK_ONLY_HIGH"),
    *("BLOCK_MEDIUM_AND_ABOVE", "BLOCK_LOW_AND_ABOVE"),
)
#: The items of the menus; the scene "Menu 00" has the first of each, "Menu 01" the second.
MENUS: dict[str, tuple[str, ...]] = {
    "source": ("CAMERA", "VIEWPORT", "RENDER", "LAST_RENDER", "IMAGE", "NONE"),
    "shading": ("SOLID", "MATERIAL"),
    "fit": ("EXTEND", "CROP", "PAD"),
    "model": (
        *("gemini-3-pro-image", "gemini-nano-banana-2.1", "gemini-3.1-flash-image"),
        *("gemini-3.1-flash-lite-image", "gemini-2.5-flash-image", "CUSTOM"),
    ),
    "image_size": ("512", "1K", "2K", "4K"),
    "aspect_ratio": (
        *("AUTO", "1:1", "2:3", "3:2", "3:4", "4:3", "4:5", "5:4", "9:16", "16:9", "21:9"),
        *("1:4", "4:1", "1:8", "8:1"),
    ),
    "thinking_level": ("DEFAULT", "MINIMAL", "LOW", "MEDIUM", "HIGH"),
    "media_resolution": ("DEFAULT", "LOW", "MEDIUM", "HIGH"),
    "service_tier": ("DEFAULT", "STANDARD", "FLEX", "PRIORITY"),
    "safety_harassment": _SAFETY,
    "safety_hate_speech": _SAFETY,
    "safety_sexually_explicit": _SAFETY,
    "safety_dangerous_content": _SAFETY,
}
TEXTURING_MENUS: dict[str, tuple[str, ...]] = {
    "views": ("RING", "RING_TOP_BOTTOM", "HEMISPHERE", "BEST", "CAMERA", "CAMERAS", "VIEWPORT"),
    "mode": ("SINGLE", "SHEET", "SEQUENTIAL"),
}
GUIDES = ("CLAY", "DEPTH", "NORMAL", "LINES", "IDENTITY", "MASK")
ROLES = ("STYLE", "CHARACTER", "OBJECT", "MATERIAL")
MENU_SCENES = max(len(items) for items in MENUS.values())

#: The references of the scene "Scene": label, role, path, image, whether it is sent.
REFERENCES = (
    ("style.png", "STYLE", "//style.png", None, True),
    ("figure", "CHARACTER", "", "figure", True),
    ("style.png", "OBJECT", "//style.png", None, False),
    ("figure", "MATERIAL", "", "figure", True),
)

#: The preferences: values, and the budgets of single projects.
PREFERENCES: dict[str, Any] = {
    "provider": "vertex-express",
    "base_url": "https://images.example.com/v1",
    "keep_pictures": "PACK",
    "store_folder": "/tmp/nano-banana-0.1.0/store",
    "at_once": 2,
    "key_google": "a-key-for-google",
    "key_cometapi": "a-key-for-cometapi",
    "key_vertex_express": "a-key-for-vertex",
    "budget_month": 50.0,
    "budget_warning": 60.0,
    "pacing_limit": 25.0,
}
PROJECT_BUDGETS = (("Harbour", 12.5), ("Lighthouse", 3.0))


def scene_name(number: int) -> str:
    """The scene that has the items of a number."""
    return f"Menu {number:02}"


def item_of(items: tuple[str, ...], number: int) -> str:
    """The item that the scene of a number has; a short menu begins again."""
    return items[number % len(items)]
