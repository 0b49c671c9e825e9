# SPDX-License-Identifier: GPL-3.0-or-later
"""Test the connection and the key, at no cost."""

import bpy

from ..nano_banana_addon.blender import connection
from .reporting import FINISHED, telling


class NANO_BANANA_OT_test_connection(bpy.types.Operator):
    """Ask the provider for its models with this key. Costs nothing"""

    bl_idname = "nano_banana.test_connection"
    bl_label = "Test Connection"
    bl_options = {"INTERNAL"}

    def invoke(self, _context: bpy.types.Context, _event: bpy.types.Event) -> set[str]:
        """From a button: the answer appears in the preferences when it comes."""
        return telling(self, self._start)

    def execute(self, _context: bpy.types.Context) -> set[str]:
        """From a script: wait for the answer."""
        return telling(self, self._run)

    def _start(self) -> set[str]:
        connection.start()
        return FINISHED

    def _run(self) -> set[str]:
        ok, words = connection.run()
        self.report({"INFO" if ok else "ERROR"}, words)
        return FINISHED if ok else {"CANCELLED"}


class NANO_BANANA_OT_open_preferences(bpy.types.Operator):
    """Open the preferences at this add-on"""

    bl_idname = "nano_banana.open_preferences"
    bl_label = "Open Preferences"
    bl_options = {"INTERNAL"}

    def execute(self, _context: bpy.types.Context) -> set[str]:
        """Show them, unfolded."""
        connection.open_preferences()
        return FINISHED


CLASSES = (NANO_BANANA_OT_test_connection, NANO_BANANA_OT_open_preferences)
