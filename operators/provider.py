# SPDX-License-Identifier: GPL-3.0-or-later
"""Calls to the provider that cost nothing: connection test, model list, uploads."""

import bpy

from ..nano_banana_addon.features.provider import test_connection
from .base.results import FINISHED, report_errors


class ProviderOperator:
    """An operator that calls the provider set in the preferences, at no cost."""

    bl_options = {"INTERNAL"}
    task = "test"

    @report_errors
    def invoke(self, _context: bpy.types.Context, _event: bpy.types.Event) -> None:
        """From a button: start; the response appears in the preferences."""
        test_connection.start(self.task)

    @report_errors
    def execute(self, _context: bpy.types.Context) -> set[str]:
        """From a script: wait for the response."""
        ok, words = test_connection.run(self.task)
        self.report({"INFO" if ok else "ERROR"}, words)
        return FINISHED if ok else {"CANCELLED"}


class NANO_BANANA_OT_test_connection(ProviderOperator, bpy.types.Operator):
    """Request the provider's list of models with this key. Free of charge"""

    bl_idname = "nano_banana.test_connection"
    bl_label = "Test Connection"


class NANO_BANANA_OT_refresh_models(ProviderOperator, bpy.types.Operator):
    """Update the list of models: missing ones are marked, new ones appear under Other. Free of charge"""

    bl_idname = "nano_banana.refresh_models"
    bl_label = "Refresh Models"
    task = "models"


class NANO_BANANA_OT_delete_uploads(ProviderOperator, bpy.types.Operator):
    """Delete the references uploaded with this key, which otherwise expire after 48 hours. Free of charge"""

    bl_idname = "nano_banana.delete_uploads"
    bl_label = "Delete Uploaded Files"
    task = "uploads"


class NANO_BANANA_OT_open_preferences(bpy.types.Operator):
    """Open the preferences of this add-on"""

    bl_idname = "nano_banana.open_preferences"
    bl_label = "Open Preferences"
    bl_options = {"INTERNAL"}

    def execute(self, _context: bpy.types.Context) -> set[str]:
        """Show and expand them."""
        test_connection.open_preferences()
        return FINISHED
