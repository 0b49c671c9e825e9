# SPDX-License-Identifier: GPL-3.0-or-later
"""Operators on an existing texture: regenerate a view, bake again, check images."""

from functools import partial
from typing import TYPE_CHECKING, Any

import bpy
from bpy.props import BoolProperty, IntProperty, StringProperty

from ...nano_banana_addon.core import errors
from ...nano_banana_addon.features.history import lookup
from ...nano_banana_addon.features.texture import bake_queue, job, rebake
from ...nano_banana_addon.features.texture.maps import texture_info
from ...nano_banana_addon.identity import SCENE_PROPERTY
from ...nano_banana_addon.translations import translate
from ..base.generation import GenerationOperator
from ..base.paid import PaidOperator
from ..base.results import FINISHED, report_errors, show_fraction, show_progress
from .generate import report_texture, report_texture_result

if TYPE_CHECKING:
    from ...nano_banana_addon.features.generation.offers import Offer
    from ...nano_banana_addon.features.texture.plan import TexturePlan


class NANO_BANANA_OT_texture_regenerate_view(PaidOperator, bpy.types.Operator):
    """Generate this view of the active object's texture again and pay for it. The other views are kept"""

    bl_idname = "nano_banana.texture_regenerate_view"
    bl_label = "Regenerate This View"
    bl_options = {"INTERNAL"}

    index: IntProperty(name="View", description="Index of the view, from 0", min=0)

    def build(self, context: bpy.types.Context) -> "TexturePlan":
        """The view's request, with the results of the other views."""
        return rebake.plan_regeneration(context.active_object, self.index, _get_bake_choices(context)[1])

    def offer(self, context: bpy.types.Context) -> "Offer":
        """Send the request; the texture is baked again when the result arrives."""
        return job.offer(self.build(context), again=True)

    def run(self, context: bpy.types.Context, order: "TexturePlan", show: Any) -> set[str]:
        """Send the request, wait, bake and apply."""
        return report_texture_result(self, job.run(order, show, again=True, on_bake=partial(show_fraction, context)))


class NANO_BANANA_OT_texture_missing_maps(PaidOperator, bpy.types.Operator):
    """Generate roughness and metallic of the views that lack them, and bake the active object's texture again.
    The views are kept"""

    bl_idname = "nano_banana.texture_missing_maps"
    bl_label = "Generate Missing Maps"
    bl_options = {"INTERNAL"}

    def build(self, context: bpy.types.Context) -> "TexturePlan":
        """The sheets' requests, with the texture's images."""
        return rebake.plan_missing_maps(context.active_object, _get_bake_choices(context)[1])

    def offer(self, context: bpy.types.Context) -> "Offer":
        """Send the requests; the texture is baked again when the results arrive."""
        return job.offer(self.build(context), again=self.again)

    def run(self, context: bpy.types.Context, order: "TexturePlan", show: Any) -> set[str]:
        """Send the requests, wait, bake and apply."""
        bake = partial(show_fraction, context)
        return report_texture_result(self, job.run(order, show, again=self.again, on_bake=bake))


class NANO_BANANA_OT_texture_reproject(bpy.types.Operator):
    """Bake the active object's texture again from its images: after a change of the mesh, the UV map,
    Texture Size or Remove Light. Free of charge"""

    bl_idname = "nano_banana.texture_reproject"
    bl_label = "Reproject"
    bl_options = {"INTERNAL"}

    @report_errors
    def invoke(self, context: bpy.types.Context, _event: bpy.types.Event) -> None:
        """From a button: start; the panel shows the progress."""
        rebake.begin_reprojecting(context.active_object, *_get_bake_choices(context))

    @report_errors
    def execute(self, context: bpy.types.Context) -> set[str]:
        """From a script: bake and apply, with an undo step of its own."""
        with show_progress(context):
            report = rebake.reproject(
                context.active_object, *_get_bake_choices(context), partial(show_fraction, context)
            )
        return report_texture(self, report)


class NANO_BANANA_OT_texture_use_view(bpy.types.Operator):
    """Bake the texture again with this view, although it does not show what it should. Free of charge"""

    bl_idname = "nano_banana.texture_use_view"
    bl_label = "Use It All the Same"
    bl_options = {"INTERNAL"}

    index: IntProperty(name="View", description="Index of the view, from 0", min=0)

    @report_errors
    def execute(self, context: bpy.types.Context) -> None:
        """Start; the panel shows the progress."""
        rebake.begin_reprojecting(context.active_object, *_get_bake_choices(context), use=self.index)


class NANO_BANANA_OT_texture_bake(GenerationOperator, bpy.types.Operator):
    """Bake this image with the other views of its texture onto their objects. Free of charge.
    Hold Alt to also use views that do not show the object as their guides do"""

    bl_idname = "nano_banana.texture_bake"
    bl_label = "Bake Texture"
    bl_options = {"INTERNAL"}

    use_all: BoolProperty(
        name="Bake All the Same",
        description="Also use views that do not show the object as their guides do",
        options={"SKIP_SAVE"},
    )

    @report_errors
    def invoke(self, _context: bpy.types.Context, event: bpy.types.Event) -> None:
        """From a button: start; the panel shows the progress."""
        rebake.begin_baking(lookup.find(self.generation), use_all=self.use_all or event.alt)

    @report_errors
    def execute(self, context: bpy.types.Context) -> set[str]:
        """From a script: bake and apply, with an undo step of its own."""
        with show_progress(context):
            report = rebake.bake_result(
                lookup.find(self.generation), partial(show_fraction, context), use_all=self.use_all
            )
        return report_texture(self, report)


class NANO_BANANA_OT_texture_cancel_bake(bpy.types.Operator):
    """Stop what is drawn or baked. Nothing changes, and images that exist can be baked later"""

    bl_idname = "nano_banana.texture_cancel_bake"
    bl_label = "Cancel Bake"
    bl_options = {"INTERNAL"}

    def execute(self, _context: bpy.types.Context) -> set[str]:
        """Stop baking."""
        bake_queue.cancel()
        return FINISHED


def _get_bake_choices(context: bpy.types.Context) -> tuple[int, float]:
    """The texture size, and how much light is removed."""
    texturing = getattr(context.scene, SCENE_PROPERTY).texturing
    return int(texturing.texture_size), float(texturing.remove_light)


class NANO_BANANA_OT_texture_check(bpy.types.Operator):
    """Show a check image on the active object instead of the texture: coverage, contribution of the views, seams"""

    bl_idname = "nano_banana.texture_check"
    bl_label = "Show on Object"
    bl_options = {"REGISTER", "UNDO", "INTERNAL"}

    check: StringProperty(name="Image", description="Coverage, Views, Seams, View 1 …; empty: the texture")

    @report_errors
    def execute(self, context: bpy.types.Context) -> None:
        """Show it."""
        group = texture_info.group_of(context.active_object)
        if group is None:
            raise errors.InputError("The active object has no texture from views.", next_step="Generate one first.")
        texture_info.show_check(group, self.check)
        if not has_material_view(context):
            self.report({"INFO"}, translate("Set the viewport shading to Material Preview to see it."))


def has_material_view(context: bpy.types.Context) -> bool:
    """Whether a 3D view of the window draws materials; True if the window has none."""
    areas = context.screen.areas if context.screen else ()
    shadings = [a.spaces.active.shading.type for a in areas if a.type == "VIEW_3D"]
    return not shadings or any(shading in ("MATERIAL", "RENDERED") for shading in shadings)
