# SPDX-License-Identifier: GPL-3.0-or-later
"""The properties of `core.settings.Settings`, shared by the scene's group and by the operators.

No postponed annotations in files that declare properties: Blender reads them when a class is registered.
"""

from bpy.props import BoolProperty, EnumProperty, IntProperty, StringProperty

from ..core import models, offered
from ..core.frames import Fit
from ..core.guides import Guide
from ..core.settings import AUTO_RATIO, CUSTOM_MODEL, Settings, Shading, Source
from .service import ServiceProperties

_DEFAULTS = Settings()

SOURCE_ITEMS = (
    (
        Source.CAMERA,
        "Camera",
        "What the scene's camera sees, drawn as in the 3D view",
        "CAMERA_DATA",
        0,
    ),
    (Source.VIEWPORT, "Viewport", "What the 3D view shows now", "VIEW3D", 1),
    (Source.RENDER, "Render", "A render of the scene with its own engine", "RENDER_STILL", 2),
    (Source.LAST_RENDER, "Last Render", "The Render Result as it is", "RENDER_RESULT", 3),
    (Source.IMAGE, "Image", "An image data-block or file", "IMAGE_DATA", 4),
    (
        Source.NONE,
        "Text Only",
        "No picture of the scene: a texture from text and references",
        "TEXT",
        5,
    ),
)
SHADING_ITEMS = (
    (Shading.SOLID, "Solid", "As Solid shading draws it", "SHADING_SOLID", 0),
    (Shading.MATERIAL, "Material Preview", "With materials, as Material Preview draws it", "SHADING_TEXTURE", 1),
)
FIT_ITEMS = (
    (
        Fit.EXTEND,
        "Extend",
        "Show a little more of the scene, so that nothing is cropped or barred",
        0,
    ),
    (Fit.CROP, "Crop", "Cut the longer side", 1),
    (Fit.PAD, "Pad", "Add bars", 2),
)
GUIDE_ITEMS = (
    (Guide.CLAY, "Clay", "A plain sculpture under even light", 1),
    (Guide.DEPTH, "Depth", "Near is white, far is dark", 2),
    (Guide.NORMAL, "Normals", "Which way the surface faces, as colours", 4),
    (Guide.LINES, "Lines", "Outlines and creases", 8),
    (Guide.IDENTITY, "Parts", "Each object and material in a flat colour of its own", 16),
    (Guide.MASK, "Mask", "An image painted on the UV map: white is where the prompt's mask is", 32),
)
MODEL_ITEMS = (
    # .blend files store the numbers.
    *((m.id, m.label, m.note or m.id, m.number) for m in models.MODELS.values()),
    (CUSTOM_MODEL, "Other", "A model by its id", 99),
)
SIZE_ITEMS = tuple(
    (size, size, f"Pictures of about {size} pixels on the longer side", number)
    for number, size in enumerate(("512", "1K", "2K", "4K"))
)
RATIO_ITEMS = (
    (AUTO_RATIO, "Automatic", "The ratio nearest to the camera's or the picture's", 0),
    *((ratio, ratio, f"Width to height {ratio}", n) for n, ratio in enumerate(models.ALL_RATIOS, start=1)),
)


def _new_models(_self: object, _context: object, typed: str) -> list[tuple[str, str]]:
    """The models that providers list and the catalogue does not know; any other id can be typed."""
    found = offered.new_models().items()
    return [(id, label) for id, label in found if typed.lower() in f"{id} {label}".lower()]


class SettingsProperties(ServiceProperties):
    """A mixin: every name and default of `Settings`, as Blender properties."""

    prompt: StringProperty(
        name="Prompt",
        description="What you want to see, in words",
        default=_DEFAULTS.prompt,
    )
    source: EnumProperty(
        name="Source",
        description="The picture of the scene that the model repaints",
        items=SOURCE_ITEMS,
        default=_DEFAULTS.source,
    )
    source_image: StringProperty(
        name="Image",
        description="The name of an image in this file, or the path of a picture",
        subtype="FILE_PATH",
        default=_DEFAULTS.source_image,
    )
    shading: EnumProperty(
        name="Shading",
        items=SHADING_ITEMS,
        default=_DEFAULTS.shading,
        description="How the scene is drawn for the capture",
    )
    overlays: BoolProperty(
        name="Overlays",
        description="Draw the grid and other overlays too",
        default=_DEFAULTS.overlays,
    )
    only_selected: BoolProperty(
        name="Only Selected",
        description="Show only the selected objects",
        default=_DEFAULTS.only_selected,
    )
    transparent: BoolProperty(
        name="Transparent Background",
        description="Leave out the world, and keep its mask for the answer, which never has alpha",
        default=_DEFAULTS.transparent,
    )
    use_region: BoolProperty(
        name="Render Region",
        description="Only the part inside the render region",
        default=_DEFAULTS.use_region,
    )
    fit: EnumProperty(
        name="Fit",
        description="How the camera's frame comes into the model's aspect ratio",
        items=FIT_ITEMS,
        default=_DEFAULTS.fit,
    )
    capture_guides: EnumProperty(
        name="Guides",
        description="Pictures of the shapes, drawn with the capture and sent along",
        items=GUIDE_ITEMS,
        default=set(_DEFAULTS.capture_guides),
        options={"ENUM_FLAG"},
    )
    mask_image: StringProperty(
        name="Mask",
        description="The image for the guide Mask, painted on the UV map of the selected objects",
        default=_DEFAULTS.mask_image,
    )
    model: EnumProperty(name="Model", description="The image model", items=MODEL_ITEMS, default=_DEFAULTS.model)
    custom_model: StringProperty(
        name="Model ID",
        description="The id of a model that is not in the list",
        default=_DEFAULTS.custom_model,
        search=_new_models,
        search_options={"SUGGESTION"},
    )
    image_size: EnumProperty(
        name="Size",
        description="The size of the returned picture",
        items=SIZE_ITEMS,
        default=_DEFAULTS.image_size,
    )
    aspect_ratio: EnumProperty(
        name="Aspect Ratio",
        description="Width to height of the returned picture",
        items=RATIO_ITEMS,
        default=_DEFAULTS.aspect_ratio,
    )
    variants: IntProperty(
        name="Variants",
        description="How many pictures to ask for at once; each is paid",
        min=1,
        max=8,
        default=_DEFAULTS.variants,
    )
    to_image: BoolProperty(name="Image", description="Load the result as an image", default=_DEFAULTS.to_image)
    to_material: BoolProperty(
        name="Material",
        description="Put the result on the selected objects",
        default=_DEFAULTS.to_material,
    )
    to_compositor: BoolProperty(
        name="Compositor",
        description="Add the result to the compositor as a node group",
        default=_DEFAULTS.to_compositor,
    )
    project: StringProperty(
        name="Project",
        description="What the cost is booked on, and what the history is sorted by; empty: the folder of the .blend",
        default=_DEFAULTS.project,
    )
    to_background: BoolProperty(
        name="Camera Background",
        description="Show the result as the camera's background image",
        default=_DEFAULTS.to_background,
    )
