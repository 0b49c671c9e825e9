# SPDX-License-Identifier: GPL-3.0-or-later
"""Test the connection and the key, at no cost."""

import bpy

from ..nano_banana_addon.features.provider import test_connection
from .base.results import FINISHED, report_errors


class ProviderOperator:
    """An operator that asks the provider of the preferences, at no cost."""

    bl_options = {"INTERNAL"}
    task = "test"

    @report_errors
    def invoke(self, _context: bpy.types.Context, _event: bpy.types.Event) -> None:
        """From a button: the answer appears in the preferences when it comes."""
        test_connection.start(self.task)

    @report_errors
    def execute(self, _context: bpy.types.Context) -> set[str]:
        """From a script: wait for the answer."""
        ok, words = test_connection.run(self.task)
        self.report({"INFO" if ok else "ERROR"}, words)
        return FINISHED if ok else {"CANCELLED"}


class NANO_BANANA_OT_test_connection(ProviderOperator, bpy.types.Operator):
    """Ask the provider for its models with this key. Costs nothing"""

    bl_idname = "nano_banana.test_connection"
    bl_label = "Test Connection"


class NANO_BANANA_OT_refresh_models(ProviderOperator, bpy.types.Operator):
    """Ask the provider which models it offers: missing ones are marked, new ones appear under Other.
    Costs nothing"""

    bl_idname = "nano_banana.refresh_models"
    bl_label = "Refresh Models"
    task = "models"


class NANO_BANANA_OT_delete_uploads(ProviderOperator, bpy.types.Operator):
    """Delete the references that were uploaded to the provider with this key. They would live for 48
    hours; the next request uploads what it needs again"""

    bl_idname = "nano_banana.delete_uploads"
    bl_label = "Delete Uploaded Files"
    task = "uploads"


class NANO_BANANA_OT_open_preferences(bpy.types.Operator):
    """Open the preferences at this add-on"""

    bl_idname = "nano_banana.open_preferences"
    bl_label = "Open Preferences"
    bl_options = {"INTERNAL"}

    def execute(self, _context: bpy.types.Context) -> set[str]:
        """Show them, unfolded."""
        test_connection.open_preferences()
        return FINISHED


CLASSES = (
    NANO_BANANA_OT_test_connection,
    NANO_BANANA_OT_refresh_models,
    NANO_BANANA_OT_delete_uploads,
    NANO_BANANA_OT_open_preferences,
)
