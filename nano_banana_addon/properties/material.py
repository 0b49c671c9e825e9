# SPDX-License-Identifier: GPL-3.0-or-later
"""The properties of `core.material_settings.MaterialSettings`, shared by the scene's group and by the operators.

No postponed annotations: Blender reads them when a class is registered.
"""

import bpy
from bpy.props import BoolProperty, FloatVectorProperty, PointerProperty, StringProperty

from ..core.material_settings import MATERIAL_OPTIONS
from .options import build_mixin

#: A mixin: a property for every choice of a material.
MaterialProperties = build_mixin("MaterialProperties", MATERIAL_OPTIONS.values())


class NANO_BANANA_PG_material(MaterialProperties, bpy.types.PropertyGroup):
    """The choices for materials of one scene."""

    image: PointerProperty(type=bpy.types.Image, name="Image", description="The image that becomes a material")
    box: FloatVectorProperty(
        name="Box", description="Left, bottom, right, top as parts of the image", size=4, min=0.0, max=1.0
    )
    description: StringProperty(name="Material", description="The surface to generate; for example: old red bricks")
    use_image: BoolProperty(
        name="Use This Image",
        description="Send this image as a reference for the surface: the box that was dragged over it, else all of it",
    )
