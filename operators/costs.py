# SPDX-License-Identifier: GPL-3.0-or-later
"""Ledger export and project budgets."""

import bpy
from bpy.props import IntProperty, StringProperty

from ..nano_banana_addon.blender.host.preferences import get_preferences
from ..nano_banana_addon.core import files
from ..nano_banana_addon.features import costs
from ..nano_banana_addon.features.generation import request_builder, scene_settings
from ..nano_banana_addon.translations import translate
from .base.export_file import ExportFileOperator
from .base.results import CANCELLED, FINISHED, report_errors


class NANO_BANANA_OT_export_ledger(ExportFileOperator, bpy.types.Operator):
    """Export all entries of the ledger to a CSV file"""

    bl_idname = "nano_banana.export_ledger"
    bl_label = "Export Ledger"
    bl_options = {"INTERNAL"}

    file_name = "nano-banana-cost.csv"

    filter_glob: StringProperty(default="*.csv", options={"HIDDEN"})

    @report_errors
    def execute(self, _context: bpy.types.Context) -> None:
        """Write the file."""
        path = self.get_path()
        with files.convert_disk_errors(f"{path} cannot be written"):
            path.write_text(costs.to_csv(), encoding="utf-8", newline="")
        self.report({"INFO"}, translate("Exported the ledger to {path}.", path=path))


class NANO_BANANA_OT_project_budget_add(bpy.types.Operator):
    """Add a separate budget for the project of this file"""

    bl_idname = "nano_banana.project_budget_add"
    bl_label = "Add Project Budget"
    bl_options = {"INTERNAL"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Add an entry with this file's project."""
        preferences = get_preferences()
        if preferences is None:
            return CANCELLED
        item = preferences.project_budgets.add()
        item.name = request_builder.project_of(scene_settings.settings_of(context.scene))
        return FINISHED


class NANO_BANANA_OT_project_budget_remove(bpy.types.Operator):
    """Remove the budget of this project. The budget for all projects still applies"""

    bl_idname = "nano_banana.project_budget_remove"
    bl_label = "Remove Project Budget"
    bl_options = {"INTERNAL"}

    index: IntProperty(options={"SKIP_SAVE"})

    @report_errors
    def execute(self, _context: bpy.types.Context) -> set[str]:
        """Remove the entry and apply the others."""
        chosen = get_preferences()
        if chosen is None or not 0 <= self.index < len(chosen.project_budgets):
            return CANCELLED
        chosen.project_budgets.remove(self.index)
        costs.apply_preferences()
        return FINISHED
