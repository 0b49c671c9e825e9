# SPDX-License-Identifier: GPL-3.0-or-later
"""Materials with maps: from an image, free, or generated from words."""

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import bpy
from bpy.props import FloatVectorProperty, StringProperty

from ..nano_banana_addon.core.material_settings import MATERIAL_OPTIONS
from ..nano_banana_addon.features.edit import marks, masked_edit
from ..nano_banana_addon.features.generation import duplicates, offers, readiness, request_builder
from ..nano_banana_addon.features.history import lookup
from ..nano_banana_addon.features.material import (
    choices,
    cross,
    from_image,
    further_maps,
    generate,
    library_list,
    made_material,
    panel_maps,
    prices,
)
from ..nano_banana_addon.identity import NO_IMAGE_POINTER, SCENE_PROPERTY
from ..nano_banana_addon.properties.material import MaterialProperties
from ..nano_banana_addon.session import background_tasks
from .base.buttons import BlockableOperator
from .base.paid import PaidOperator
from .base.results import report_ended, report_errors, report_reused, show_fraction
from .edit import EditOperator

if TYPE_CHECKING:
    from ..nano_banana_addon.core.material_settings import MaterialSettings
    from ..nano_banana_addon.core.settings import Settings


class MaterialOperator(MaterialProperties):
    """The scene's choices for materials, each of which a script can override for one call."""

    def material_settings(self, context: bpy.types.Context) -> "MaterialSettings":
        """The scene's choices, overridden by those passed to this call."""
        given = [name for name in MATERIAL_OPTIONS if self.properties.is_property_set(name)]
        base = choices.material_settings_of(context.scene)
        return choices.read_material_choices(self, given, base)


class BackgroundOperator(BlockableOperator):
    """An operator whose button starts a background task."""

    @classmethod
    def find_blocker(cls, _context: bpy.types.Context) -> str:
        """Why the button cannot be pressed, as a sentence; "" for nothing."""
        return "Wait until the background task has ended." if background_tasks.is_running() else ""


class NANO_BANANA_OT_material_from_image(BackgroundOperator, MaterialOperator, bpy.types.Operator):
    """Make a PBR material of this image, free: seamless, with height, normals, roughness, occlusion; an asset"""

    bl_idname = "nano_banana.material_from_image"
    bl_label = "Material from Image"

    image: StringProperty(name="Image", description="Name of an image of this file", options={"SKIP_SAVE"})
    generation: StringProperty(name="Result", description="ID of a result instead", options={"SKIP_SAVE"})
    box: FloatVectorProperty(
        name="Box",
        description="Left, bottom, right, top as parts of the image; without an area: all of it",
        size=4,
        min=0.0,
        max=1.0,
        options={"SKIP_SAVE"},
    )

    @classmethod
    def find_blocker(cls, context: bpy.types.Context) -> str:
        """What is missing, also the image of a button in the panel; that of a result needs none."""
        is_missing = hasattr(context, NO_IMAGE_POINTER)
        return super().find_blocker(context) or ("Choose an image first." if is_missing else "")

    @report_errors
    def invoke(self, context: bpy.types.Context, _event: bpy.types.Event) -> None:
        """From a button: compute in the background."""
        from_image.start(self.read(context))

    @report_errors
    def execute(self, context: bpy.types.Context) -> None:
        """From a script: compute, wait, and make the material."""
        draft = self.read(context)
        manager = context.window_manager
        manager.progress_begin(0, 100)
        try:
            _maps, report = from_image.run(context, draft, lambda fraction: show_fraction(context, fraction))
        finally:
            manager.progress_end()
        for note in report.notes:
            self.report({"INFO"}, note)

    def read(self, context: bpy.types.Context) -> "from_image.MaterialDraft":
        """What is needed of the image."""
        source = lookup.find(self.generation) if self.generation else from_image.find_image(context, self.image)
        return from_image.read(context, source, self.material_settings(context), marks.turn_box(self.box))


def find_material_blocker(context: bpy.types.Context) -> str:
    """Why nothing can be generated for the active object's material; "" for nothing."""
    is_there = made_material.find_material(context) is not None
    return readiness.find_service_blocker(context) or ("" if is_there else "Make a material first.")


class NANO_BANANA_OT_material_maps(PaidOperator, bpy.types.Operator):
    """Generate roughness and metallic for this material with one further image; its other maps stay as they are"""

    bl_idname = "nano_banana.material_maps"
    bl_label = "Generate Roughness and Metallic"

    @classmethod
    def find_blocker(cls, context: bpy.types.Context) -> str:
        """What is missing."""
        return find_material_blocker(context)

    def build(self, context: bpy.types.Context) -> "request_builder.Order":
        """The order for the maps of the active object's material."""
        return panel_maps.prepare(context, self.settings(context), made_material.find_material(context))


class NANO_BANANA_OT_material_cross(EditOperator, bpy.types.Operator):
    """Generate the edges of this material's tile so that they meet. All else of it stays; it becomes a new material"""

    bl_idname = "nano_banana.material_cross"
    bl_label = "Repair Seam"

    @classmethod
    def find_blocker(cls, context: bpy.types.Context) -> str:
        """What is missing."""
        is_busy = background_tasks.is_running()
        return "Wait until the background task has ended." if is_busy else find_material_blocker(context)

    def read(self, context: bpy.types.Context) -> "masked_edit.Draft":
        """The tile of the active object's material, and its edges."""
        settings = PaidOperator.settings(self, context)
        return cross.read(context, settings, made_material.find_material(context))


class NANO_BANANA_OT_material_listing(BackgroundOperator, bpy.types.Operator):
    """Let Blender list the assets of this file's asset library, so that a web server can offer it as a remote one"""

    bl_idname = "nano_banana.material_listing"
    bl_label = "Write Library Listing"

    @report_errors
    def invoke(self, _context: bpy.types.Context, _event: bpy.types.Event) -> None:
        """From a button: in the background."""
        library_list.start()

    @report_errors
    def execute(self, _context: bpy.types.Context) -> None:
        """From a script: write it and wait."""
        library_list.write(library_list.require_library())


class NANO_BANANA_OT_material_generate(MaterialOperator, PaidOperator, bpy.types.Operator):
    """Generate the image of a surface from the words and the references, and make a PBR material of it"""

    bl_idname = "nano_banana.material_generate"
    bl_label = "Generate Material"

    @classmethod
    def find_blocker(cls, context: bpy.types.Context) -> str:
        """What is missing."""
        group = getattr(context.scene, SCENE_PROPERTY).material
        is_described = group.description.strip() or (group.use_image and marks.find_image(context))
        return readiness.find_service_blocker(context) or ("" if is_described else "Describe the material first.")

    def settings(self, context: bpy.types.Context) -> "Settings":
        """The settings, with the words of the panel Material unless others were passed."""
        settings, group = super().settings(context), getattr(context.scene, SCENE_PROPERTY).material
        words = settings.prompt if "prompt" in self.list_choices() else group.description
        return generate.choose_settings(settings, words, group.use_image and marks.find_image(context) is not None)

    def build(self, context: bpy.types.Context) -> "request_builder.Order":
        """The order, with the image of the editor as a reference if that is wanted."""
        choice, settings = getattr(context.scene, SCENE_PROPERTY), self.settings(context)
        image = marks.find_image(context) if choice.material.use_image else None
        shown = generate.cut_reference(image, marks.turn_box(choice.material.box)) if image else None
        title = settings.prompt if "prompt" in self.list_choices() else choice.material.description
        return generate.prepare(context, settings, self.material_settings(context), title, shown=shown)

    def offer(self, context: bpy.types.Context) -> "offers.Offer":
        """The image, and the maps that follow it: both are in the price that is asked about."""
        order = self.build(context)
        offer = duplicates.offer_order(order, force_new=self.again)
        if len(order.requests) > 1 or not further_maps.are_wanted(order.requests[0]):
            return offer
        maps = prices.estimate_maps(context)
        missing = offer.missing + maps if offer.missing.count else offer.missing
        return replace(offer, missing=missing, full=offer.full + maps)

    def run(self, context: bpy.types.Context, order: "request_builder.Order", show: Any) -> set[str]:
        """For scripts: the material, then its maps."""
        if len(order.requests) > 1 or not further_maps.are_wanted(order.requests[0]):
            return super().run(context, order, show)
        ended, reused = duplicates.run(further_maps.leave_out(order), show, force_new=self.again)
        report_reused(self, reused)
        maps = further_maps.prepare(context, ended[0])
        return super().run(context, maps, show) if maps else report_ended(self, ended)
