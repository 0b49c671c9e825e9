# SPDX-License-Identifier: GPL-3.0-or-later
"""How to undo a scene's view transform, so that a picture is saved as it was painted.

A render is saved as view(2^exposure * linear)^(1 / gamma). A picture that should come out unchanged therefore goes in
as 2^-exposure * inverse_view(picture^gamma). Blender's colour configuration has the inverse of each view transform as a
colour space. Looks, curves and white balance have none: they are told to the artist.
"""

from __future__ import annotations

from dataclasses import dataclass

import bpy

_SRGB = "sRGB"

#: View transform -> the colour space whose way to linear light is its inverse, for sRGB displays.
#: None: the picture's values pass as they are.
_INVERSE: dict[str, str | None] = {
    "Standard": _SRGB,
    "Raw": None,
    "AgX": "AgX Base sRGB",
    "Filmic": "Filmic sRGB",
    "Khronos PBR Neutral": _SRGB,  # its colour space is off by 25/255 in the darks: see neutral.py
    "ACES 1.3": "ACES 1.3 sRGB",
    "ACES 2.0": "ACES 2.0 sRGB",
}


@dataclass(frozen=True, slots=True)
class Inverse:
    """The inverse of a scene's colour management.

    `space` (None: no conversion), then `exposure` stops, after raising to `gamma`; `neutral`: Khronos PBR Neutral is
    inverted after `space`; `notes` name what cannot be inverted.
    """

    space: str | None
    gamma: float
    exposure: float
    neutral: bool = False
    notes: tuple[str, ...] = ()

    @property
    def is_plain(self) -> bool:
        """Whether nothing is undone but the encoding of sRGB, and the exposure."""
        return self.space == _SRGB and self.gamma == 1.0 and not self.neutral


def inverse_of(scene: bpy.types.Scene) -> Inverse:
    """What undoes the colour management that this scene's saved pictures get."""
    output = scene.render.image_settings
    is_override = output.color_management == "OVERRIDE"
    view = output.view_settings if is_override else scene.view_settings
    display = (output if is_override else scene).display_settings.display_device
    space, space_note = _find_inverse_space(view.view_transform)
    notes = [space_note, *_describe_not_undone(view)]
    if display != _SRGB:
        notes.append(f"The display is {display}: the image was matched for sRGB.")
    neutral = view.view_transform == "Khronos PBR Neutral"
    nonempty_notes = tuple(note for note in notes if note)
    return Inverse(space, view.gamma, -view.exposure, neutral, nonempty_notes)


def _find_inverse_space(view_transform: str) -> tuple[str | None, str]:
    if view_transform not in _INVERSE:
        return (
            _SRGB,
            (f"The view transform {view_transform} cannot be undone: the image will look different."),
        )
    space = _INVERSE[view_transform]
    if space is not None and space not in list_spaces():
        return _SRGB, f"This colour configuration has no inverse of {view_transform}."
    return space, ""


def list_spaces() -> frozenset[str]:
    """The names of the colour spaces in the configuration that Blender runs with."""
    settings = bpy.types.ColorManagedInputColorspaceSettings.bl_rna
    return frozenset(item.identifier for item in settings.properties["name"].enum_items)


def _describe_not_undone(view: bpy.types.ColorManagedViewSettings) -> list[str]:
    adjustments = {
        f"the look {view.look}": view.look != "None",
        "the colour curves": view.use_curve_mapping,
        "the white balance": view.use_white_balance,
    }
    names = " and ".join(name for name, is_on in adjustments.items() if is_on)
    return [f"The scene's colour management also has {names}: it changes the image."] if names else []
