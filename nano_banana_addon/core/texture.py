# SPDX-License-Identifier: GPL-3.0-or-later
"""The settings for texturing an object from several views, and the prompts for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from ..light_dataclass import light_dataclass
from . import errors
from .constants import DRIFT_LIMIT
from .guides import GUIDE_ITEMS, Guide, sort_guides
from .options import Item, list_options, option

if TYPE_CHECKING:
    from .request import GenerationRequest, TextureContext


class ViewSet(StrEnum):
    """From where an object is viewed."""

    RING = "RING"
    RING_TOP_BOTTOM = "RING_TOP_BOTTOM"
    HEMISPHERE = "HEMISPHERE"
    BEST = "BEST"  # each where it sees most of what those before do not
    CAMERA = "CAMERA"  # the scene's active camera
    CAMERAS = "CAMERAS"  # the selected or named ones
    VIEWPORT = "VIEWPORT"
    KEYFRAMES = "KEYFRAMES"  # the scene's camera, and all that moves, at chosen frames


class PaintMode(StrEnum):
    """How the views are generated."""

    SINGLE = "SINGLE"  # one picture for each view; the first gives the look to the others
    SHEET = "SHEET"  # all views in one picture
    SEQUENTIAL = "SEQUENTIAL"  # one after another, each shown the surface generated so far


#: The UV map of objects that share one texture.
ATLAS_MAP = "Atlas"
SMALLEST_TEXTURE, LARGEST_TEXTURE = 16, 8192
MAX_VIEWS = 16
#: Of a registration; below this the picture does not show the guide's shapes, and its drift means nothing.
LOWEST_CONFIDENCE = 0.15
MAX_SHEET = 9
#: Across and down; more would show the model nothing but grain.
MAX_DETAIL_TILES = 4
#: The colour of what is not generated yet, in SEQUENTIAL (display values).
KEY_COLOUR = (1.0, 0.0, 1.0)


VIEW_ITEMS = (
    Item(ViewSet.RING, "Ring", "Around the vertical axis", 0, "MESH_CIRCLE"),
    Item(
        ViewSet.RING_TOP_BOTTOM,
        "Ring, Top and Bottom",
        "A ring, one view from above, one from below",
        1,
        "MESH_CYLINDER",
    ),
    Item(ViewSet.HEMISPHERE, "Hemisphere", "Spread evenly over the upper half", 2, "SPHERE"),
    Item(
        ViewSet.BEST,
        "Best Coverage",
        "Each view is placed where it sees most of what the previous views do not see",
        6,
        "HIDE_OFF",
    ),
    Item(ViewSet.CAMERA, "Active Camera", "The scene's active camera", 3, "CAMERA_DATA"),
    Item(ViewSet.CAMERAS, "Cameras", "The selected cameras; if none is selected, all", 4, "OUTLINER_OB_CAMERA"),
    Item(ViewSet.VIEWPORT, "Viewport", "The current 3D view", 5, "VIEW3D"),
    Item(ViewSet.KEYFRAMES, "Keyframes", "The scene's camera at frames of the animation; see Animation", 7, "KEYFRAME"),
)
MODE_ITEMS = (
    Item(PaintMode.SINGLE, "Single", "One image for each view; the first sets the style of the others", 0),
    Item(PaintMode.SHEET, "Sheet", "All views in one image: cheapest and most consistent, but small", 1),
    Item(
        PaintMode.SEQUENTIAL,
        "Sequential",
        "One view after another, each continuing the surface generated so far, which never changes",
        2,
    ),
)


@light_dataclass(frozen=True)
class TextureSettings:
    """All choices beside those of a generation; see their rows. The first guide gives the structure.

    `view_prompts`, by view, are added to the prompt. `cameras` are names, for CAMERAS.
    """

    views: str = option(
        ViewSet.RING.value, "Views", "From where the object is viewed", items=VIEW_ITEMS, flag="--views"
    )
    count: int = option(
        4,
        "View Count",
        "Number of views; each is billed as an image, except in a sheet",
        minimum=1,
        maximum=MAX_VIEWS,
        flag="--count",
    )
    mode: str = option(PaintMode.SINGLE.value, "Mode", "How the views are generated", items=MODE_ITEMS, flag="--mode")
    guides: tuple[str, ...] = option(
        (Guide.CLAY.value, Guide.DEPTH.value),
        "Guides",
        "Images of the geometry that are sent with every view",
        items=GUIDE_ITEMS,
        flag="--guides",
    )
    texture_size: int = option(
        2048,
        "Texture Size",
        "Width and height of each object's texture, in pixels",
        minimum=SMALLEST_TEXTURE,
        maximum=LARGEST_TEXTURE,
        subtype="PIXEL",
        flag="--texture-size",
        metavar="PX",
    )
    udim: bool = option(
        False,
        "UDIM Tiles",
        "Make a tiled image (name.1001.png) of every texture. Without it, only where the UVs lie in several tiles",
        flag="--udim",
    )
    detail_tiles: int = option(
        2,
        "Tiles per Side",
        "Into how many parts Add Detail cuts each view, across and down; each part is billed as an image",
        minimum=1,
        maximum=MAX_DETAIL_TILES,
        flag="--detail-tiles",
        metavar="N",
    )
    remove_light: float = option(
        0.0,
        "Remove Light",
        "How much of the light that the model painted into the views is removed from the texture, 0 to 1."
        " Reproject applies it to an existing texture free of charge. Cast shadows stay",
        minimum=0.0,
        maximum=1.0,
        subtype="FACTOR",
        flag="--remove-light",
        metavar="STRENGTH",
    )
    pbr: bool = option(
        False,
        "Roughness and Metallic",
        "Also generate grey maps of the views, in sheets that are billed as further images, and bake them to a"
        " roughness and a metallic map",
        flag="--pbr",
    )
    elevation: float = option(
        15.0,
        "Elevation (°)",
        "Angle of a ring's views above the horizon, in degrees",
        minimum=-80.0,
        maximum=80.0,
        flag="--elevation",
        metavar="DEGREES",
    )
    orthographic: bool = option(False, "Orthographic", "Use orthographic views", flag="--orthographic")
    anchor: bool = option(
        True,
        "First View as Style",
        "Generate the first view alone, then send it with the others so that they match",
        flag="--no-anchor",
    )
    references_once: bool = option(False, "References First Only", "Send the references with the first view only")
    refine: bool = option(
        False,
        "Refine Views",
        "After the sheet, generate every view again at full size; each is billed",
        flag="--refine",
    )
    both_sides: bool = option(
        False,
        "Both Sides",
        "Also texture faces that are seen from behind, as in meshes whose normals point inwards",
        flag="--both-sides",
    )
    drift_limit: float = option(
        DRIFT_LIMIT,
        "Drift Limit",
        "Deviation of an aligned view from its guide, in pixels, above which a warning is shown",
        minimum=0.0,
        soft_maximum=20.0,
        flag="--drift-limit",
        metavar="PX",
    )
    uv_map: str = option(
        "",
        "UV Map",
        "The UV map to texture; empty: the one that is active for rendering",
        flag="--uv-map",
        metavar="NAME",
    )
    atlas: bool = option(
        False,
        "One Texture for All",
        "The objects share one texture, by their UV map Atlas; their other UV maps stay. Without it, each gets its own",
        flag="--atlas",
    )
    keyframes: str = option(
        "",
        "Keyframes",
        "Frames at which the scene's camera gives a view, separated by commas",
        flag="--keyframes",
        metavar="FRAMES",
    )
    cameras: tuple[str, ...] = option(
        (), "Cameras", "Camera for --views cameras; may be repeated", flag="--camera", metavar="NAME"
    )
    view_prompts: tuple[str, ...] = option(
        (),
        "View Prompts",
        "Prompt of the first view, the second …; may be repeated",
        flag="--view-prompt",
        metavar="TEXT",
    )

    @property
    def used_uv_map(self) -> str:
        """The UV map on which the texture lies; "": the one that is active for rendering."""
        return ATLAS_MAP if self.atlas else self.uv_map

    def replace_choices(self, choices: Mapping[str, Any]) -> TextureSettings:
        """A copy with some choices made otherwise. Raises `ValueError` for a value that a menu lacks."""
        values = dict(choices)
        if "guides" in values:
            values["guides"] = sort_guides(values["guides"])
        for name, menu in (("views", ViewSet), ("mode", PaintMode)):
            if name in values:
                values[name] = menu(values[name]).value
        return replace(self, **values)

    def check(self) -> None:
        """Raise `InputError` for settings that are not possible."""
        if not 1 <= self.count <= MAX_VIEWS:
            raise errors.InputError(f"There can be 1 to {MAX_VIEWS} views.", next_step="Change View Count.")
        if not SMALLEST_TEXTURE <= self.texture_size <= LARGEST_TEXTURE:
            raise errors.InputError(
                f"A texture has {SMALLEST_TEXTURE} to {LARGEST_TEXTURE} px.",
                next_step="Choose another size.",
            )
        if not set(self.guides) - {Guide.MASK}:
            raise errors.InputError(
                "No guide is chosen: the model would not know the geometry.",
                next_step="Choose at least Clay.",
            )
        if self.views == ViewSet.KEYFRAMES and self.mode != PaintMode.SINGLE:
            raise errors.InputError("Each keyframe is an image of its own.", next_step="Choose the mode Single.")


#: Every choice of a texture, by its name.
TEXTURE_OPTIONS = list_options(TextureSettings)


def format_coverage(views: int, share: float) -> str:
    """How much of the surface some views see, rounded down: what is not seen is not hidden by rounding."""
    subject = f"{views} view sees" if views == 1 else f"{views} views see"
    return f"{subject} {int(share * 100 + 1e-6)}% of the surface."


def require_texture_context(request: GenerationRequest) -> TextureContext:
    """A view's place in its texture. Raises `InputError` for a picture that is no view."""
    if request.texture is None:
        raise errors.InputError("This image is not a view of a texture.", next_step="Choose a view of a texture.")
    return request.texture
