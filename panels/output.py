# SPDX-License-Identifier: GPL-3.0-or-later
"""Sub-panels: the model and its output, the capture, and the delivery targets."""

from __future__ import annotations

import bpy

from ..nano_banana_addon.blender.capture.sources import find_source
from ..nano_banana_addon.blender.deliver.registry import OFFERED_TARGETS
from ..nano_banana_addon.blender.host import credentials
from ..nano_banana_addon.core import models
from ..nano_banana_addon.core.settings import AUTO_RATIO, CUSTOM_MODEL, OPTIONS, Source
from ..nano_banana_addon.features import payment
from ..nano_banana_addon.features.generation import destination, readiness, scene_settings
from ..nano_banana_addon.identity import SCENE_PROPERTY
from ..nano_banana_addon.translations import translate
from .base.sidebar import Sidebar, draw_text, is_narrow
from .first_run import MainPart
from .references import draw_guides

#: What more letters lie over: a panel's name, in a sidebar of Blender's default width.
_HEADER_LETTERS = 23


class NANO_BANANA_PT_output(MainPart, bpy.types.Panel):
    """Model, size and aspect ratio"""

    bl_label = "Model"
    bl_order = 3

    def draw_header_preset(self, context: bpy.types.Context) -> None:
        """Draw what is chosen, which can be read while the panel is closed."""
        model, size = scene_settings.find_model(context.scene), getattr(context.scene, SCENE_PROPERTY).image_size
        if is_narrow(context):  # the model's name would lie over the panel's
            self.layout.label(text=size if model.sends_image_size else "")
            return
        name = model.label.partition(" (")[0]
        text = f"{name}, {size}" if model.sends_image_size else name
        self.layout.label(text=text if len(text) <= _HEADER_LETTERS else name)

    def draw(self, context: bpy.types.Context) -> None:
        """Draw the options that every model has."""
        layout = self.layout
        layout.use_property_split, layout.use_property_decorate = True, False
        choices = getattr(context.scene, SCENE_PROPERTY)
        model, provider = scene_settings.find_model(context.scene), readiness.get_provider()
        draw_name(layout, "Provider").operator("nano_banana.open_preferences", text=provider.label)
        name = "Other" if choices.model == CUSTOM_MODEL else model.label
        draw_name(layout, "Model").menu("NANO_BANANA_MT_model", text=name)
        if choices.model == CUSTOM_MODEL:
            layout.prop(choices, "custom_model")
        if problem := destination.find_model_problem(provider, model):
            draw_text(layout, context, problem, icon="ERROR")
        elif models.is_missing(provider.id, model.id):
            text = translate("{provider} does not list this model.", provider=provider.label)
            draw_text(layout, context, text, icon="ERROR")
        elif not model.known:
            draw_text(layout, context, f"{model.id or translate('No ID')}: {translate(model.note)}.", icon="INFO")
        draw_rows(layout, choices, "model", model)
        if model.sends_image_size:
            draw_sizes(layout, choices, model)
        ratio = choices.bl_rna.properties["aspect_ratio"].enum_items[choices.aspect_ratio].name
        draw_name(layout, "Aspect Ratio").menu("NANO_BANANA_MT_ratio", text=ratio)
        layout.prop(choices, "variants")
        draw_rows(layout, choices, "set", model)
        if name := credentials.find_variable(provider):
            text = translate("Key from: environment variable {name}", name=name)
            draw_text(layout, context, text, icon="KEYINGSET")
        elif origin := credentials.find_credential(provider.id).origin:
            draw_text(layout, context, translate("Key from: {origin}", origin=translate(origin)), icon="KEYINGSET")


class NANO_BANANA_MT_model(bpy.types.Menu):
    """The models that the provider offers"""

    bl_label = "Model"

    def draw(self, context: bpy.types.Context) -> None:
        """Draw them, and the one given by its ID."""
        choices, provider = getattr(context.scene, SCENE_PROPERTY), readiness.get_provider()
        for model in models.MODELS.values():
            if provider.offers(model):
                self.layout.prop_enum(choices, "model", model.id)
        self.layout.prop_enum(choices, "model", CUSTOM_MODEL)


class NANO_BANANA_MT_ratio(bpy.types.Menu):
    """The aspect ratios of the model"""

    bl_label = "Aspect Ratio"

    def draw(self, context: bpy.types.Context) -> None:
        """Draw them, and the camera's own or the nearest to it."""
        choices = getattr(context.scene, SCENE_PROPERTY)
        for ratio in (AUTO_RATIO, *scene_settings.find_model(context.scene).ratios):
            self.layout.prop_enum(choices, "aspect_ratio", ratio)


def draw_name(layout: bpy.types.UILayout, name: str) -> bpy.types.UILayout:
    """Draw the name of a choice as properties have it; returns the row for the choice."""
    split = layout.split(factor=0.4)
    label = split.row()
    label.alignment = "RIGHT"
    label.label(text=name)
    row = split.row(align=True)
    row.use_property_split = False
    return row


def draw_sizes(layout: bpy.types.UILayout, choices: bpy.types.PropertyGroup, model: models.ImageModel) -> None:
    """Draw the sizes that the model offers."""
    row = draw_name(layout, "Size")
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
        draw_rows(layout, choices, "service", scene_settings.find_model(context.scene))


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

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Where the model has them."""
        return scene_settings.find_model(context.scene).safety_settings

    def draw(self, context: bpy.types.Context) -> None:
        """Draw a threshold for each category."""
        layout = self.layout
        layout.use_property_split, layout.use_property_decorate = True, False
        choices = getattr(context.scene, SCENE_PROPERTY)
        draw_rows(layout, choices, "safety", scene_settings.find_model(context.scene))


class NANO_BANANA_PT_capture(MainPart, bpy.types.Panel):
    """How the scene is captured"""

    bl_label = "Capture"
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
        layout.prop(choices, "view_layers")
        price = payment.estimate_restyle(context, Source.LAST_RENDER)
        letters = payment.count_letters(context) * 2 // 3  # beside the column of names
        layout.prop(choices, "restyle_renders", text=payment.write_label("Restyle After F12", price, letters))


class NANO_BANANA_PT_delivery(MainPart, bpy.types.Panel):
    """Where results are delivered automatically"""

    bl_label = "Deliver To"
    bl_order = 5

    def draw_header_preset(self, context: bpy.types.Context) -> None:
        """Draw how many are chosen, which can be read while the panel is closed."""
        choices = getattr(context.scene, SCENE_PROPERTY)
        chosen = [target.label for target in OFFERED_TARGETS if getattr(choices, target.setting)]
        self.layout.label(text=chosen[0] if len(chosen) == 1 else translate("{count} targets", count=len(chosen)))

    def draw(self, context: bpy.types.Context) -> None:
        """Draw the delivery targets."""
        layout = self.layout
        choices = getattr(context.scene, SCENE_PROPERTY)
        flow = layout.grid_flow(columns=2, even_columns=True, align=True)
        for target in OFFERED_TARGETS:
            flow.prop(choices, target.setting, toggle=True)
