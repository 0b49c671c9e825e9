# SPDX-License-Identifier: GPL-3.0-or-later
"""Move, remove and refresh the layers of the compositor; show another of their images; add and remove masks."""

import bpy
from bpy.props import BoolProperty, EnumProperty, IntProperty, StringProperty

from ...nano_banana_addon.blender.deliver.compositor.mask_kinds import BLEND_MODES, MASK_KINDS
from ...nano_banana_addon.features import layers
from ...nano_banana_addon.properties.options import enum_items
from ..base.image_files import ImageFilesOperator
from ..base.results import report_errors


class LayerOperator:
    """An operator on one layer of the scene's compositor; it needs the name of its node, or the topmost's."""

    bl_options = {"REGISTER", "UNDO"}
    layer: StringProperty(name="Layer", description="Name of the layer; empty: the topmost", options={"SKIP_SAVE"})


class NANO_BANANA_OT_layer_add_files(ImageFilesOperator, bpy.types.Operator):
    """Put an image file, or an image sequence, over the render as a layer of the compositor"""

    bl_idname = "nano_banana.layer_add_files"
    bl_label = "Add Image Files"
    bl_options = {"REGISTER", "UNDO"}

    sequence: BoolProperty(
        name="Image Sequence",
        description="All images of the folder that differ in their number alone; several chosen files always are one",
    )

    @report_errors
    def execute(self, context: bpy.types.Context) -> None:
        """Add the layer."""
        for note in layers.add_files(context.scene, self.list_paths(), is_sequence=self.sequence):
            self.report({"INFO"}, note)


class NANO_BANANA_OT_layer_move(LayerOperator, bpy.types.Operator):
    """Exchange this layer with the one above or below"""

    bl_idname = "nano_banana.layer_move"
    bl_label = "Move Layer"

    step: IntProperty(name="Step", description="1: up, -1: down", default=1, min=-1, max=1)

    @report_errors
    def execute(self, context: bpy.types.Context) -> None:
        """Exchange them."""
        layers.move(context.scene, self.layer, self.step)


class NANO_BANANA_OT_layer_remove(LayerOperator, bpy.types.Operator):
    """Take this layer and its masks out of the compositor. The image stays in this file and in the history"""

    bl_idname = "nano_banana.layer_remove"
    bl_label = "Remove Layer"

    @report_errors
    def execute(self, context: bpy.types.Context) -> None:
        """Remove it."""
        layers.remove(context.scene, self.layer)


class NANO_BANANA_OT_layer_version(LayerOperator, bpy.types.Operator):
    """Show another of the images that were applied to this layer"""

    bl_idname = "nano_banana.layer_version"
    bl_label = "Show Version"

    version: IntProperty(name="Version", description="The first is 0", min=0)

    @report_errors
    def execute(self, context: bpy.types.Context) -> None:
        """Show it."""
        for note in layers.show_version(context.scene, self.layer, self.version):
            self.report({"INFO"}, note)


class NANO_BANANA_OT_layer_blend(LayerOperator, bpy.types.Operator):
    """Blend this layer by another mode"""

    bl_idname = "nano_banana.layer_blend"
    bl_label = "Blend Mode"

    mode: EnumProperty(name="Blend Mode", items=enum_items(BLEND_MODES))

    @report_errors
    def execute(self, context: bpy.types.Context) -> None:
        """Set it."""
        layers.set_blend(context.scene, self.layer, self.mode)


class NANO_BANANA_OT_layers_refresh(bpy.types.Operator):
    """Match all layers to the present colour management, and their masks to renamed objects and missing passes"""

    bl_idname = "nano_banana.layers_refresh"
    bl_label = "Refresh Layers"
    bl_options = {"REGISTER", "UNDO"}

    @report_errors
    def execute(self, context: bpy.types.Context) -> None:
        """Refresh them, and say what is missing."""
        for note in layers.refresh(context.scene):
            self.report({"WARNING"}, note)


class NANO_BANANA_OT_mask_add(LayerOperator, bpy.types.Operator):
    """Show this layer only in a part of the frame"""

    bl_idname = "nano_banana.mask_add"
    bl_label = "Add Mask"

    kind: EnumProperty(name="Mask", items=enum_items(kind.item for kind in MASK_KINDS.values()))

    @report_errors
    def execute(self, context: bpy.types.Context) -> None:
        """Add the mask."""
        for note in layers.add_mask(context, self.layer, self.kind):
            self.report({"INFO"}, note)


class NANO_BANANA_OT_mask_remove(LayerOperator, bpy.types.Operator):
    """Take this mask out of the layer"""

    bl_idname = "nano_banana.mask_remove"
    bl_label = "Remove Mask"

    mask: StringProperty(name="Mask", description="Name of the mask's node", options={"SKIP_SAVE"})

    @report_errors
    def execute(self, context: bpy.types.Context) -> None:
        """Remove the mask."""
        layers.remove_mask(context.scene, self.layer, self.mask)
