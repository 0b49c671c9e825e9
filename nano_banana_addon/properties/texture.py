# SPDX-License-Identifier: GPL-3.0-or-later
"""The properties of `core.texture.TextureSettings`, shared by the scene's group and by the operators.

No postponed annotations: Blender reads them when a class is registered.
"""

import bpy
from bpy.props import (
    BoolProperty,
    CollectionProperty,
    EnumProperty,
    FloatProperty,
    IntProperty,
    PointerProperty,
    StringProperty,
)

from ..core.texture import LARGEST_TEXTURE, MAX_VIEWS, SMALLEST_TEXTURE, PaintMode, TextureSettings, ViewSet
from .settings import GUIDE_ITEMS

_DEFAULTS = TextureSettings()
_UNSAVED = {"SKIP_SAVE", "HIDDEN"}

VIEW_ITEMS = (
    (ViewSet.RING, "Ring", "Around the upright axis", "MESH_CIRCLE", 0),
    (
        ViewSet.RING_TOP_BOTTOM,
        "Ring, Top and Bottom",
        "A ring, one view from above and one from below",
        "MESH_CYLINDER",
        1,
    ),
    (ViewSet.HEMISPHERE, "Hemisphere", "Spread evenly over the upper half", "SPHERE", 2),
    (
        ViewSet.BEST,
        "Best Coverage",
        "Each view is where it sees most of what those before it do not see",
        "HIDE_OFF",
        6,
    ),
    (ViewSet.CAMERA, "Active Camera", "The scene's active camera", "CAMERA_DATA", 3),
    (ViewSet.CAMERAS, "Cameras", "The selected cameras; if none is selected, all", "OUTLINER_OB_CAMERA", 4),
    (ViewSet.VIEWPORT, "Viewport", "What the 3D view shows", "VIEW3D", 5),
)
MODE_ITEMS = (
    (PaintMode.SINGLE, "Single", "One picture for each view; the first gives the look to the others", 0),
    (PaintMode.SHEET, "Sheet", "All views in one picture: the cheapest and the most alike, but small", 1),
    (
        PaintMode.SEQUENTIAL,
        "Sequential",
        "One after another, each shown what is painted already; what is painted never changes",
        2,
    ),
)


class TexturingProperties:
    """A mixin: the names and defaults of `TextureSettings`, as Blender properties."""

    views: EnumProperty(
        name="Views",
        description="Where the object is looked at from",
        items=VIEW_ITEMS,
        default=_DEFAULTS.views,
    )
    count: IntProperty(
        name="Number",
        description="How many views; each is a picture to be paid, but in a sheet",
        min=1,
        max=MAX_VIEWS,
        default=_DEFAULTS.count,
    )
    mode: EnumProperty(
        name="Mode",
        description="How the views are asked for",
        items=MODE_ITEMS,
        default=_DEFAULTS.mode,
    )
    guides: EnumProperty(
        name="Guides",
        description="Pictures of the shape that go along with every view",
        items=GUIDE_ITEMS,
        default={guide.value for guide in _DEFAULTS.guides},
        options={"ENUM_FLAG"},
    )
    texture_size: IntProperty(
        name="Texture Size",
        description="Width and height of each object's texture, in pixels",
        min=SMALLEST_TEXTURE,
        max=LARGEST_TEXTURE,
        default=_DEFAULTS.texture_size,
        subtype="PIXEL",
    )
    elevation: FloatProperty(
        name="Elevation",
        description="How far above the horizon a ring's views are, in degrees",
        min=-80.0,
        max=80.0,
        default=_DEFAULTS.elevation,
    )
    orthographic: BoolProperty(name="Orthographic", description="Without perspective", default=_DEFAULTS.orthographic)
    anchor: BoolProperty(
        name="First View as Style",
        default=_DEFAULTS.anchor,
        description="Paint the first view alone, then show it to the others, so that they match",
    )
    references_once: BoolProperty(
        name="References Only First",
        default=_DEFAULTS.references_once,
        description="Send the references of the panel only with the first view",
    )
    refine: BoolProperty(
        name="Refine Views",
        default=_DEFAULTS.refine,
        description="After the sheet, paint every view again at full size; each is paid",
    )
    drift_limit: FloatProperty(
        name="Drift Limit",
        min=0.0,
        soft_max=20.0,
        default=_DEFAULTS.drift_limit,
        description="Pixels that an aligned view may be off its guide before you are told",
    )
    uv_map: StringProperty(
        name="UV Map",
        description="Empty: the one that is active for rendering",
        default=_DEFAULTS.uv_map,
    )


class NANO_BANANA_PG_view(bpy.types.PropertyGroup):
    """One view that is shown by a camera; `name` is its name."""

    camera: PointerProperty(type=bpy.types.Object)
    prompt: StringProperty(
        name="Prompt",
        description="What to paint in this view besides; for example: the face is here",
    )
    enabled: BoolProperty(name="Paint", description="Paint this view", default=True)


class NANO_BANANA_PG_texturing(TexturingProperties, bpy.types.PropertyGroup):
    """The choices of one scene for texturing."""

    view_list: CollectionProperty(type=NANO_BANANA_PG_view)
    active_view: IntProperty(name="Active View", min=0)
    seen: FloatProperty(description="The part of the surface that the views see", options=_UNSAVED)
    seen_by: IntProperty(description="How many views that were", options=_UNSAVED)
    seen_key: StringProperty(description="What they were", options=_UNSAVED)
    uv_notes: StringProperty(description="What is odd about the UV maps", options=_UNSAVED)


CLASSES = (NANO_BANANA_PG_view, NANO_BANANA_PG_texturing)
