# SPDX-License-Identifier: GPL-3.0-or-later
"""A view added to the active object's texture, and a camera at what no view of it has seen."""

from functools import partial
from typing import TYPE_CHECKING, Any

import bpy
from bpy.props import StringProperty

from ...nano_banana_addon.features.generation import scene_settings
from ...nano_banana_addon.features.texture import add_view, job, unseen
from ...nano_banana_addon.features.texture.views import texture_settings
from ..base.paid import PaidOperator
from ..base.results import FINISHED, report_errors, show_fraction
from .generate import report_texture_result

if TYPE_CHECKING:
    from ...nano_banana_addon.features.generation.offers import Offer
    from ...nano_banana_addon.features.texture.plan import TexturePlan


class NANO_BANANA_OT_texture_add_view(PaidOperator, bpy.types.Operator):
    """Generate the active object as it is seen now, and add that to its texture, which may be made elsewhere.
    Only what is clearly seen changes; the old image is kept"""

    bl_idname = "nano_banana.texture_add_view"
    bl_label = "Add View"

    camera: StringProperty(name="Camera", description="Name of a camera; empty: the 3D view, else the scene's camera")

    @classmethod
    def find_blocker(cls, context: bpy.types.Context) -> str:
        """What is missing, also a texture."""
        from ...nano_banana_addon.blender.deliver.material import base_image

        has_texture = base_image.has_base_image(context.active_object)
        return super().find_blocker(context) or ("" if has_texture else "The active object has no image as its colour.")

    def build(self, context: bpy.types.Context) -> "TexturePlan":
        """Draw the present look, and build the request."""
        texture = texture_settings.texture_settings_of(context.scene)
        texture = texture.replace_choices({"cameras": (self.camera,) if self.camera else ()})
        return add_view.prepare(context, self.settings(context), texture)

    def offer(self, context: bpy.types.Context) -> "Offer":
        """Send the request; the texture is changed when the result arrives."""
        return job.offer(self.build(context), again=self.again)

    def run(self, context: bpy.types.Context, order: "TexturePlan", show: Any) -> set[str]:
        """Send the request, wait, bake and apply."""
        return report_texture_result(
            self, job.run(order, show, again=self.again, on_bake=partial(show_fraction, context))
        )


class NANO_BANANA_OT_texture_aim(bpy.types.Operator):
    """Place a camera where it sees most of what no view of the active object's texture has seen.
    Nothing is sent"""

    bl_idname = "nano_banana.texture_aim"
    bl_label = "Aim at Unseen Part"
    bl_options = {"REGISTER", "UNDO", "INTERNAL"}

    @report_errors
    def execute(self, context: bpy.types.Context) -> set[str]:
        """Place it, and look through it."""
        aimed = unseen.aim(context, scene_settings.settings_of(context.scene))
        space = context.space_data
        if space is not None and space.type == "VIEW_3D":
            space.use_local_camera, space.camera = True, aimed.camera
            space.region_3d.view_perspective = "CAMERA"
        self.report({"INFO"}, f"{aimed.camera.name} sees {aimed.gain:.0%} of the surface that no view has seen.")
        return FINISHED
