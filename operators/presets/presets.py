# SPDX-License-Identifier: GPL-3.0-or-later
"""Presets of settings: save, show what one would change, apply, exchange; the prompts of the history."""

from pathlib import Path

import bpy
from bl_operators.presets import AddPresetBase
from bpy.props import BoolProperty, StringProperty

from ...nano_banana_addon.core.text.lines import wrap
from ...nano_banana_addon.features.presets import exchange, library, recent_prompts
from ...nano_banana_addon.identity import SESSION_PROPERTY
from ...nano_banana_addon.translations import translate
from ..base.export_file import ExportFileOperator
from ..base.results import FINISHED, report_errors

_WIDTH = 460


class NANO_BANANA_OT_preset_add(AddPresetBase, bpy.types.Operator):
    """Save the settings as a preset, or remove one"""

    bl_idname = "nano_banana.preset_add"
    bl_label = "Save Preset"
    preset_menu = "NANO_BANANA_PT_presets"
    preset_subdir = "nano_banana"

    @property
    def preset_defines(self) -> list[str]:
        """The line before the settings."""
        return [library.get_definition()]

    @property
    def preset_values(self) -> list[str]:
        """All settings of the option tables."""
        session = getattr(bpy.context.window_manager, SESSION_PROPERTY)
        return [f"choices.{place}" for place in library.list_places(prompt=session.preset_prompt)]

    def invoke(self, context: bpy.types.Context, _event: bpy.types.Event) -> set[str]:
        """From the popover, which has asked for the name."""
        return self.execute(context)


class NANO_BANANA_OT_preset_apply(bpy.types.Operator):
    """Show what this preset would change, then apply it"""

    bl_idname = "nano_banana.preset_apply"
    bl_label = "Apply Preset"
    bl_options = {"UNDO", "INTERNAL"}

    filepath: StringProperty(subtype="FILE_PATH", options={"SKIP_SAVE"})

    @report_errors
    def invoke(self, context: bpy.types.Context, _event: bpy.types.Event) -> set[str]:
        """Show what it would change."""
        self.effect = library.preview(context.scene, Path(self.filepath))
        if not self.effect.changes:
            self.report(
                {"INFO"}, translate("{name}: all settings are like this already.", name=self.effect.preset.name)
            )
            return FINISHED
        title = translate("What {name} Changes", name=self.effect.preset.name)
        return context.window_manager.invoke_props_dialog(self, width=_WIDTH, title=title, confirm_text="Apply")

    def draw(self, _context: bpy.types.Context) -> None:
        """Draw each setting with its old and its new value."""
        column = self.layout.column(align=True)
        for change in self.effect.changes:
            row = column.split(factor=0.4)
            row.label(text=change.label)
            row.label(text=f"{shorten(change.old)}  →  {shorten(change.new)}")
        draw_sentences(self.layout, self.effect.refused)

    @report_errors
    def execute(self, context: bpy.types.Context) -> None:
        """Apply it."""
        effect = library.preview(context.scene, Path(self.filepath))
        library.apply(context.scene, effect.preset)
        count = len(effect.changes)
        self.report({"INFO"}, translate("{name}: settings changed: {count}.", name=effect.preset.name, count=count))


class NANO_BANANA_OT_presets_export(ExportFileOperator, bpy.types.Operator):
    """Write all presets and lists of words to one file, for a team"""

    bl_idname = "nano_banana.presets_export"
    bl_label = "Export Presets …"
    bl_options = {"INTERNAL"}

    file_name = "nano-banana-presets.json"

    filter_glob: StringProperty(default="*.json", options={"HIDDEN"})

    @report_errors
    def execute(self, _context: bpy.types.Context) -> None:
        """Write."""
        self.report({"INFO"}, exchange.export(self.get_path()))


class NANO_BANANA_OT_presets_import(bpy.types.Operator):
    """Add presets from a file of a team, after showing what is new. The file is read as data and never executed"""

    bl_idname = "nano_banana.presets_import"
    bl_label = "Import Presets …"
    bl_options = {"INTERNAL"}

    filepath: StringProperty(subtype="FILE_PATH", options={"SKIP_SAVE"})
    filter_glob: StringProperty(default="*.json", options={"HIDDEN"})
    replace: BoolProperty(
        name="Replace Existing", description="Also write presets that you have already", options={"SKIP_SAVE"}
    )

    @report_errors
    def invoke(self, context: bpy.types.Context, _event: bpy.types.Event) -> set[str]:
        """Open the file browser; with a file show what it holds."""
        if not self.filepath:
            self.asked = True
            context.window_manager.fileselect_add(self)
            return {"RUNNING_MODAL"}
        self.rehearsal = exchange.rehearse(Path(self.filepath))
        return context.window_manager.invoke_props_dialog(
            self, width=_WIDTH, title="Import Presets", confirm_text="Import"
        )

    def draw(self, _context: bpy.types.Context) -> None:
        """Draw what is new, what there is, what is refused."""
        if rehearsal := getattr(self, "rehearsal", None):  # not in the file browser
            draw_sentences(self.layout, rehearsal.list_lines())
            if rehearsal.existing:
                self.layout.prop(self, "replace")

    @report_errors
    def execute(self, _context: bpy.types.Context) -> set[str] | None:
        """Import; if the user chose the file in the browser, show first what it holds."""
        path = Path(bpy.path.abspath(self.filepath))
        if getattr(self, "asked", False):
            return bpy.ops.nano_banana.presets_import("INVOKE_DEFAULT", filepath=str(path))
        self.report({"INFO"}, exchange.carry_out(exchange.rehearse(path), replace=self.replace))
        return None


class NANO_BANANA_OT_prompt_use(bpy.types.Operator):
    """Use this prompt again"""

    bl_idname = "nano_banana.prompt_use"
    bl_label = "Use Prompt"
    bl_options = {"UNDO", "INTERNAL"}

    generation: StringProperty(options={"SKIP_SAVE"})

    @report_errors
    def execute(self, context: bpy.types.Context) -> None:
        """Write it into the scene."""
        recent_prompts.use(context.scene, self.generation)


def shorten(text: str) -> str:
    """A value as it fits into a line of a dialog."""
    return text if len(text) <= 30 else f"{text[:29]}…"


def draw_sentences(layout: bpy.types.UILayout, sentences: "tuple[str, ...] | list[str]") -> None:
    """Draw sentences as labels, wrapped to the dialog's width."""
    column = layout.column(align=True)
    for sentence in sentences:
        for line in wrap(sentence, 70)[:6]:
            column.label(text=line)
