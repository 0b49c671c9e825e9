# SPDX-License-Identifier: GPL-3.0-or-later
"""Export, import and clean-up of the history."""

from collections.abc import Callable
from pathlib import Path

import bpy
from bpy.props import BoolProperty, FloatProperty, IntProperty, StringProperty

from ..nano_banana_addon.features.generation import request_builder, scene_settings
from ..nano_banana_addon.features.history import gallery, maintenance
from ..nano_banana_addon.session import background_tasks
from .base.results import FINISHED, report_errors


class FolderOperator:
    """An operator on a folder: runs in the background from a button, and at once from a script."""

    directory: StringProperty(subtype="DIR_PATH", options={"SKIP_SAVE"})
    filter_folder: BoolProperty(default=True, options={"HIDDEN"})

    def invoke(self, context: bpy.types.Context, _event: bpy.types.Event) -> set[str]:
        """Open the file browser."""
        self.asked = True
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}


def carry_out(operator: bpy.types.Operator, work: Callable[[], str], title: str) -> set[str]:
    """Run the task: in the background if the user chose the folder, else at once."""
    if getattr(operator, "asked", False):
        background_tasks.start(work, title)
    else:
        operator.report({"INFO"}, work())
        gallery.refresh()
    return FINISHED


class NANO_BANANA_OT_export_history(FolderOperator, bpy.types.Operator):
    """Copy this project's images and their records to a folder"""

    bl_idname = "nano_banana.export_history"
    bl_label = "Export History of This Project …"
    bl_options = {"INTERNAL"}

    everything: BoolProperty(name="All Projects", description="Export all projects instead of this file's project only")

    @report_errors
    def execute(self, context: bpy.types.Context) -> set[str]:
        """Copy."""
        folder = Path(bpy.path.abspath(self.directory))
        project = None
        if not self.everything:
            project = request_builder.project_of(scene_settings.settings_of(context.scene))
        work = maintenance.build_export_task(folder, project)
        return carry_out(self, work, f"Exporting the history to {folder}…")


class NANO_BANANA_OT_import_history(FolderOperator, bpy.types.Operator):
    """Add the generations of an exported history, after showing what would be added. Existing ones are not changed"""

    bl_idname = "nano_banana.import_history"
    bl_label = "Import History …"
    bl_options = {"INTERNAL"}

    dry_run: BoolProperty(
        name="Dry Run", description="Only report what would be added", options={"HIDDEN", "SKIP_SAVE"}
    )

    @report_errors
    def execute(self, _context: bpy.types.Context) -> set[str]:
        """Copy; if the user chose the folder, ask first."""
        folder = Path(bpy.path.abspath(self.directory))
        if getattr(self, "asked", False):
            return bpy.ops.nano_banana.import_history_confirm("INVOKE_DEFAULT", directory=str(folder))
        if self.dry_run:
            self.report({"INFO"}, maintenance.rehearse_import(folder, verify=True).describe())
            return FINISHED
        return carry_out(self, maintenance.build_import_task(folder), f"Importing from {folder}…")


class NANO_BANANA_OT_import_history_confirm(bpy.types.Operator):
    """Show what an import would add, then add it"""

    bl_idname = "nano_banana.import_history_confirm"
    bl_label = "Import History"
    bl_options = {"INTERNAL"}

    directory: StringProperty(subtype="DIR_PATH", options={"SKIP_SAVE"})

    @report_errors
    def invoke(self, context: bpy.types.Context, _event: bpy.types.Event) -> set[str]:
        """Show what would be added."""
        self.report_lines = maintenance.rehearse_import(Path(self.directory)).describe().splitlines()
        return context.window_manager.invoke_props_dialog(
            self, width=520, title="Import History", confirm_text="Import"
        )

    def draw(self, _context: bpy.types.Context) -> None:
        """Draw what would be added, what is refused, and why."""
        draw_lines(self.layout, [*self.report_lines, "Imported costs count in no budget."])

    @report_errors
    def execute(self, _context: bpy.types.Context) -> set[str]:
        """Copy in the background."""
        self.asked = True
        return carry_out(self, maintenance.build_import_task(Path(self.directory)), f"Importing from {self.directory}…")


class NANO_BANANA_OT_restore_history(bpy.types.Operator):
    """Replace a damaged history by its newest checked copy and the records next to the images"""

    bl_idname = "nano_banana.restore_history"
    bl_label = "Restore History …"
    bl_options = {"INTERNAL"}

    def invoke(self, context: bpy.types.Context, _event: bpy.types.Event) -> set[str]:
        """Show what would be done."""
        return context.window_manager.invoke_props_dialog(
            self, width=520, title="Restore History", confirm_text="Restore"
        )

    def draw(self, _context: bpy.types.Context) -> None:
        """Draw what would be done."""
        draw_lines(self.layout, [*maintenance.describe_restore().splitlines(), "The damaged file is kept."])

    @report_errors
    def execute(self, _context: bpy.types.Context) -> set[str]:
        """Restore."""
        return carry_out(self, maintenance.restore, "Restoring the history…")


def draw_lines(layout: bpy.types.UILayout, lines: list[str]) -> None:
    """Draw text, a label for each line."""
    column = layout.column(align=True)
    for line in lines:
        column.label(text=line)


def _describe_count(self: bpy.types.OperatorProperties, _context: bpy.types.Context) -> None:
    self.words = maintenance.preview_clean_up(self.days, self.gigabytes)


class NANO_BANANA_OT_clean_up_history(bpy.types.Operator):
    """Delete old images from the history. Favourites, delivered and continued images and the ledger are kept"""

    bl_idname = "nano_banana.clean_up_history"
    bl_label = "Clean Up Old …"
    bl_options = {"INTERNAL"}

    days: IntProperty(name="Older Than (Days)", description="0: any age", min=0, default=90, update=_describe_count)
    gigabytes: FloatProperty(
        name="Keep at Most (GB)",
        description="Delete the oldest images above this total size; 0: no limit",
        min=0.0,
        default=0.0,
        precision=1,
        step=50,
        update=_describe_count,
    )
    words: StringProperty(options={"HIDDEN", "SKIP_SAVE"})

    @report_errors
    def invoke(self, context: bpy.types.Context, _event: bpy.types.Event) -> set[str]:
        """Show what would be deleted."""
        self.words = maintenance.preview_clean_up(self.days, self.gigabytes)
        self.asked = True
        return context.window_manager.invoke_props_dialog(
            self, width=420, title="Clean Up the History", confirm_text="Delete"
        )

    def draw(self, _context: bpy.types.Context) -> None:
        """Draw the properties and what would be deleted."""
        layout = self.layout
        layout.use_property_split = True
        layout.prop(self, "days")
        layout.prop(self, "gigabytes")
        for line in self.words.splitlines():
            layout.label(text=line, icon="INFO")

    @report_errors
    def execute(self, _context: bpy.types.Context) -> set[str]:
        """Delete the images."""
        days, gigabytes = self.days, self.gigabytes
        return carry_out(self, lambda: maintenance.clean_up(days, gigabytes), "Cleaning up…")
