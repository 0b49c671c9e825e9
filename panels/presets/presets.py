# SPDX-License-Identifier: GPL-3.0-or-later
"""The popovers of presets and styles, and the menu of recent prompts."""

from __future__ import annotations

import bpy
from bl_ui.utils import PresetPanel

from ...nano_banana_addon.core.styles import styles, templates
from ...nano_banana_addon.core.text import lines
from ...nano_banana_addon.features.presets import recent_prompts, style_icons
from ...nano_banana_addon.identity import SCENE_PROPERTY, SESSION_PROPERTY
from ..base.generation import draw_values

_COLUMNS, _WIDTH = 6, 30
_CHARACTERS = 84  # of the text of a style in a line, on the generous side


class NANO_BANANA_PT_presets(PresetPanel, bpy.types.Panel):
    """Settings that were saved under a name"""

    bl_label = "Presets"
    bl_space_type = "VIEW_3D"
    preset_subdir = "nano_banana"
    preset_operator = "nano_banana.preset_apply"
    preset_add_operator = "nano_banana.preset_add"

    def draw(self, context: bpy.types.Context) -> None:
        """Draw the user's presets as Blender draws them, and what exchanges them."""
        layout = self.layout
        layout.emboss = "PULLDOWN_MENU"
        layout.operator_context = "INVOKE_DEFAULT"
        kind = NANO_BANANA_PT_presets
        found = bpy.utils.preset_paths(kind.preset_subdir)
        kind.path_menu(
            self,
            found or bpy.utils.preset_paths(""),  # so that only the line for a new one is drawn
            kind.preset_operator,
            filter_ext=lambda ending: bool(found) and ending == ".py",
            add_operator=kind.preset_add_operator,
            display_name=lambda name: bpy.path.display_name(name, title_case=False),
        )
        layout.emboss = "NORMAL"
        layout.prop(getattr(context.window_manager, SESSION_PROPERTY), "preset_prompt")
        row = layout.row(align=True)
        row.operator("nano_banana.presets_import", text="Import …", icon="IMPORT")
        row.operator("nano_banana.presets_export", text="Export …", icon="EXPORT")


class NANO_BANANA_PT_styles(bpy.types.Panel):
    """How the image looks: the text of a style follows the prompt"""

    bl_label = "Style"
    bl_space_type = "VIEW_3D"
    bl_region_type = "HEADER"
    bl_ui_units_x = _WIDTH

    def draw(self, context: bpy.types.Context) -> None:
        """Draw the styles of each use, and the text of the chosen one."""
        layout = self.layout
        choices = getattr(context.scene, SCENE_PROPERTY)
        layout.prop_enum(choices, "style", styles.NO_STYLE)
        for use, label in styles.USE_LABELS.items():
            layout.label(text=label)
            flow = layout.grid_flow(row_major=True, columns=_COLUMNS, even_columns=True, even_rows=True, align=False)
            for style in styles.STYLES.values():
                if style.use is use:
                    cell = flow.column(align=True)
                    cell.template_icon(icon_value=style_icons.find_icon(style.id), scale=3.0)
                    cell.prop_enum(choices, "style", style.id)
        if text := styles.compose_style(choices.style):
            draw_values(layout, choices, templates.list_fields(text))
            column = layout.box().column(align=True)
            column.scale_y = 0.8
            for line in lines.wrap(templates.fill_fields(text, templates.read_values(choices)), _CHARACTERS):
                column.label(text=line)


class NANO_BANANA_MT_prompts(bpy.types.Menu):
    """The latest prompts of the history"""

    bl_label = "Recent Prompts"

    def draw(self, _context: bpy.types.Context) -> None:
        """Draw each prompt once, the latest first."""
        found = recent_prompts.list_recent()
        for prompt in found:
            text = " ".join(prompt.text.split())
            text = text if len(text) <= 60 else f"{text[:59]}…"
            self.layout.operator("nano_banana.prompt_use", text=text).generation = prompt.generation
        if not found:
            self.layout.label(text="There are no prompts yet.")
