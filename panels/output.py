# SPDX-License-Identifier: GPL-3.0-or-later
"""Sub-panels: the model and its output, the capture, and the delivery targets."""

import bpy

from ..nano_banana_addon.blender.capture.sources import find_source
from ..nano_banana_addon.blender.deliver.registry import OFFERED_TARGETS
from ..nano_banana_addon.core import models
from ..nano_banana_addon.core.settings import CUSTOM_MODEL, OPTIONS
from ..nano_banana_addon.features.generation import readiness
from ..nano_banana_addon.identity import SCENE_PROPERTY
from .base import Sidebar
from .references import draw_guides
from .text import draw_text


class NANO_BANANA_PT_output(Sidebar, bpy.types.Panel):
    """Model, size and aspect ratio"""

    bl_label = "Model"
    bl_parent_id = "NANO_BANANA_PT_main"
    bl_order = 3

    def draw(self, context: bpy.types.Context) -> None:
        """Draw the options that every model has."""
        layout = self.layout
        layout.use_property_split, layout.use_property_decorate = True, False
        choices = getattr(context.scene, SCENE_PROPERTY)
        layout.prop(choices, "model")
        if choices.model == CUSTOM_MODEL:
            layout.prop(choices, "custom_model")
        model = models.find(choices.custom_model if choices.model == CUSTOM_MODEL else choices.model)
        if models.is_missing(readiness.get_provider().id, model.id):
            text = f"{readiness.get_provider().label} does not list this model."
            draw_text(layout, context, text, icon="ERROR")
        elif not model.known:
            draw_text(layout, context, f"{model.id or 'No ID'}: {model.note}.", icon="INFO")
        if model.sends_image_size:
            draw_sizes(layout, choices, model)
        layout.prop(choices, "aspect_ratio")
        layout.prop(choices, "variants")


def draw_sizes(layout: bpy.types.UILayout, choices: bpy.types.PropertyGroup, model: models.ImageModel) -> None:
    """Draw the sizes that the model offers."""
    split = layout.split(factor=0.4)
    label = split.row()
    label.alignment = "RIGHT"
    label.label(text="Size")
    row = split.row(align=True)
    row.use_property_split = False
    for size in model.sizes:
        row.prop_enum(choices, "image_size", size)


class NANO_BANANA_PT_advanced(Sidebar, bpy.types.Panel):
    """Further options of the model"""

    bl_label = "Advanced"
    bl_parent_id = "NANO_BANANA_PT_output"
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context: bpy.types.Context) -> None:
        """Draw the options that the model has."""
        layout = self.layout
        layout.use_property_split, layout.use_property_decorate = True, False
        choices = getattr(context.scene, SCENE_PROPERTY)
        model = models.find(choices.custom_model if choices.model == CUSTOM_MODEL else choices.model)
        draw_rows(layout, choices, "service", model)


def draw_rows(
    layout: bpy.types.UILayout, choices: bpy.types.PropertyGroup, panel: str, model: models.ImageModel
) -> None:
    """Draw the options of a panel that the model has."""
    for row in OPTIONS.values():
        if row.panel == panel and row.is_offered(model):
            layout.prop(choices, row.name)


class NANO_BANANA_PT_safety(Sidebar, bpy.types.Panel):
    """Blocking thresholds of the service. Its core protections cannot be disabled"""

    bl_label = "Safety"
    bl_parent_id = "NANO_BANANA_PT_advanced"
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context: bpy.types.Context) -> None:
        """Draw a threshold for each category."""
        layout = self.layout
        layout.use_property_split, layout.use_property_decorate = True, False
        choices = getattr(context.scene, SCENE_PROPERTY)
        draw_rows(layout, choices, "safety", models.find(choices.model))


class NANO_BANANA_PT_capture(Sidebar, bpy.types.Panel):
    """How the scene is captured"""

    bl_label = "Capture"
    bl_parent_id = "NANO_BANANA_PT_main"
    bl_options = {"DEFAULT_CLOSED"}
    bl_order = 4

    def draw(self, context: bpy.types.Context) -> None:
        """Draw the options that the source has."""
        layout = self.layout
        layout.use_property_split, layout.use_property_decorate = True, False
        choices = getattr(context.scene, SCENE_PROPERTY)
        layout.prop(choices, "fit")
        source = find_source(choices.source)
        column = layout.column(heading="Show")
        column.active = source.filters_objects
        column.prop(choices, "only_selected")
        column.prop(choices, "transparent")
        column.prop(choices, "use_region")
        if source.uses_shading:
            column.prop(choices, "overlays")
        if source.has_view:
            draw_guides(layout, context, choices, "capture_guides")


class NANO_BANANA_PT_delivery(Sidebar, bpy.types.Panel):
    """Where results are delivered automatically"""

    bl_label = "Deliver To"
    bl_parent_id = "NANO_BANANA_PT_main"
    bl_order = 5

    def draw(self, context: bpy.types.Context) -> None:
        """Draw the delivery targets."""
        layout = self.layout
        choices = getattr(context.scene, SCENE_PROPERTY)
        flow = layout.grid_flow(columns=2, even_columns=True, align=True)
        for target in OFFERED_TARGETS:
            flow.prop(choices, target.setting, toggle=True)
