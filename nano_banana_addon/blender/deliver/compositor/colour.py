# SPDX-License-Identifier: GPL-3.0-or-later
"""How to undo a scene's view transform, so that a picture is saved as it was painted.

A render is saved as view(look(2^exposure * linear))^(1 / gamma), in the values of a display. A picture that should come
out unchanged therefore goes in as 2^-exposure * inverse(picture^gamma). Blender 5 has a node that inverts view
transforms with their looks, for every display; in 4.5 colour spaces are inverses of some. What has no inverse is told
to the artist.
"""

from __future__ import annotations

from dataclasses import dataclass

import bpy

from ....core.errors import InputError
from ...host import compat

SRGB = "sRGB"
STANDARD, RAW, NEUTRAL = "Standard", "Raw", "Khronos PBR Neutral"
NO_LOOK = "None"

#: View transform -> the colour space whose way to linear light is its inverse on a display (4.5).
#: Khronos PBR Neutral's own space is off by 25/255 in the darks: see khronos_neutral_inverse.py.
_SPACES = {
    STANDARD: "{}",
    "AgX": "AgX Base {}",
    "Filmic": "Filmic {}",
    "Filmic Log": "Filmic Log",
    NEUTRAL: "{}",
}
#: They make the same colour of many colours of light.
_NOT_INVERTIBLE, _GREY_LOOK = frozenset({"False Color"}), "Greyscale"
#: Blender scales brightness on it, before or after the gamma.
_LIMITED_DISPLAY = "Rec.2100-HLG"
_WHERE = "Render > Color Management"
OTHER_CONFIGURATION = "Start Blender without the environment variable OCIO, or apply the result as an image."


@dataclass(frozen=True, slots=True)
class Inverse:
    """The inverse of a scene's colour management.

    `space` is the colour space that inverts the view (4.5). `exposure` is in stops, already negated. `notes` name what
    cannot be inverted, and what to do.
    """

    view: str
    look: str
    display: str
    space: str
    gamma: float
    exposure: float
    notes: tuple[str, ...] = ()

    @property
    def is_plain(self) -> bool:
        """Whether nothing is undone but the encoding of sRGB, and the exposure."""
        return (self.view, self.look, self.display, self.gamma) == (STANDARD, NO_LOOK, SRGB, 1.0)


def find_view(scene: bpy.types.Scene) -> tuple[bpy.types.ColorManagedViewSettings, str]:
    """The view settings that this scene's saved pictures get, and their display: the output's own, or the scene's."""
    output = scene.render.image_settings
    is_override = output.color_management == "OVERRIDE"
    holder = output if is_override else scene
    return holder.view_settings, str(holder.display_settings.display_device)


def inverse_of(scene: bpy.types.Scene) -> Inverse:
    """What undoes the colour management that this scene's saved pictures get."""
    settings, display = find_view(scene)
    notes, view, look, space = _describe_not_undone(settings, display), settings.view_transform, settings.look, ""
    if not compat.DISPLAY_NODE or look.endswith(_GREY_LOOK):
        look = NO_LOOK
    if not compat.DISPLAY_NODE:
        display = display if display in list_spaces() else SRGB
        space = _SPACES.get(view, "").format(display)
    has_inverse = compat.DISPLAY_NODE or view == RAW or space in list_spaces()
    if not has_inverse or view in _NOT_INVERTIBLE:
        notes.append(
            f"The view transform {view} cannot be undone: the image will look different."
            f" Choose another one in {_WHERE}{', or switch on Exact Colours' if compat.DISPLAY_NODE else ''}."
        )
        view, look, space = STANDARD, NO_LOOK, display
    return Inverse(view, look, display, space, settings.gamma, -settings.exposure, tuple(notes))


def list_spaces() -> frozenset[str]:
    """The names of the colour spaces in the configuration that Blender runs with."""
    settings = bpy.types.ColorManagedInputColorspaceSettings.bl_rna
    return frozenset(item.identifier for item in settings.properties["name"].enum_items)


def require_spaces() -> None:
    """Raise `InputError` if the colour configuration lacks a space that every conversion here needs."""
    missing = {SRGB, compat.get_working_colour_space()} - list_spaces()
    if missing:
        raise InputError(
            f"This colour configuration has no colour space named {' or '.join(sorted(missing))}.",
            next_step=OTHER_CONFIGURATION,
        )


def describe_curves(settings: bpy.types.ColorManagedViewSettings) -> str:
    """The corrections of a view that no node has, as words, or ""."""
    corrections = {"colour curves": settings.use_curve_mapping, "white balance": settings.use_white_balance}
    return " and ".join(name for name, is_on in corrections.items() if is_on)


def _describe_not_undone(settings: bpy.types.ColorManagedViewSettings, display: str) -> list[str]:
    curves = describe_curves(settings)
    notes = {
        f"The look {settings.look} changes the image, too: only Blender 5 can undo looks."
        f" Set the look to None in {_WHERE}.": not compat.DISPLAY_NODE and settings.look != NO_LOOK,
        f"The look {settings.look} makes the image grey, too. Choose another one in {_WHERE}, or switch on"
        " Exact Colours.": compat.DISPLAY_NODE and settings.look.endswith(_GREY_LOOK),
        f"The {curves} in {_WHERE} change the image, too. Use nodes in the compositor instead.": curves,
        f"On {display} the image is matched exactly only if the gamma in {_WHERE} is 1.": display == _LIMITED_DISPLAY
        and settings.gamma != 1.0,
    }
    return [note for note, applies in notes.items() if applies]
