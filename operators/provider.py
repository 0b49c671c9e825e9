# SPDX-License-Identifier: GPL-3.0-or-later
"""Calls to the provider that cost nothing: connection test, model list, uploads."""

import bpy
from bpy.props import EnumProperty

from ..nano_banana_addon.blender.host import editors
from ..nano_banana_addon.blender.host.preferences import get_preferences
from ..nano_banana_addon.core import errors
from ..nano_banana_addon.core.constants import OFFLINE
from ..nano_banana_addon.features.provider import stored_keys, test_connection
from ..nano_banana_addon.identity import DISPLAY_NAME
from ..nano_banana_addon.session import panel_state
from ..nano_banana_addon.translations import translate
from .base.results import CANCELLED, FINISHED, report_errors


class ProviderOperator:
    """An operator that calls the provider set in the preferences, at no cost."""

    bl_options = {"INTERNAL"}
    task = "test"

    def invoke(self, _context: bpy.types.Context, _event: bpy.types.Event) -> set[str]:
        """From a button: start; the response appears below the button, also one that needs no call."""
        try:
            test_connection.start(self.task)
        except errors.NanoBananaError as error:
            test_connection.show_answer(False, f"{error.message}\n{error.next_step}")
        return FINISHED

    @report_errors
    def execute(self, _context: bpy.types.Context) -> set[str]:
        """From a script: wait for the response."""
        ok, words = test_connection.run(self.task)
        self.report({"INFO" if ok else "ERROR"}, words)
        return FINISHED if ok else CANCELLED


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


class NANO_BANANA_OT_keyring(bpy.types.Operator):
    """Keep the provider's key in the system's keyring"""

    bl_idname = "nano_banana.keyring"
    bl_label = "Keyring"
    bl_options = {"INTERNAL"}

    action: EnumProperty(
        name="Action",
        items=(
            ("MOVE", "Move to Keyring", "Store the key in the system's keyring and remove it from the preferences", 0),
            ("REMOVE", "Remove from Keyring", "Erase the key of this provider in the system's keyring", 1),
            ("UNLOCK", "Unlock Keyring", "Let the system ask for the keyring's password, and read the key again", 2),
        ),
        options={"SKIP_SAVE"},
    )

    @classmethod
    def description(cls, _context: bpy.types.Context, properties: bpy.types.OperatorProperties) -> str:
        """The tooltip of the action."""
        return properties.bl_rna.properties["action"].enum_items[properties.action].description

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        """From a button: ask before a key is erased."""
        if self.action == "REMOVE":
            return context.window_manager.invoke_confirm(self, event)
        return self.execute(context)

    @report_errors
    def execute(self, _context: bpy.types.Context) -> set[str]:
        """Start it; without a window, wait for its end."""
        functions = {"MOVE": stored_keys.move, "REMOVE": stored_keys.remove, "UNLOCK": stored_keys.unlock}
        functions[self.action](get_preferences().provider, waits=bpy.app.background)
        return FINISHED


class NANO_BANANA_OT_open_preferences(bpy.types.Operator):
    """Open the preferences of this add-on"""

    bl_idname = "nano_banana.open_preferences"
    bl_label = "Open Preferences"
    bl_options = {"INTERNAL"}

    def execute(self, _context: bpy.types.Context) -> set[str]:
        """Show and expand them."""
        test_connection.open_preferences()
        return FINISHED


class NANO_BANANA_OT_try_offline(bpy.types.Operator):
    """Generate previews with the bundled server: no key, no cost, no network. Preferences choose another provider"""

    bl_idname = "nano_banana.try_offline"
    bl_label = "Try Offline (free)"

    def execute(self, _context: bpy.types.Context) -> set[str]:
        """Choose the provider Offline."""
        preferences = get_preferences()
        if preferences is None:
            return CANCELLED
        preferences.provider = OFFLINE
        panel_state.redraw()
        return FINISHED


class NANO_BANANA_OT_show_tab(bpy.types.Operator):
    """Open the add-on's tab in the sidebar of the 3D view"""

    bl_idname = "nano_banana.show_tab"
    bl_label = "Open the Tab in the 3D View"

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Open it in the largest 3D view."""
        if not editors.show_sidebar(context, "VIEW_3D", DISPLAY_NAME):
            self.report({"WARNING"}, translate("There is no 3D view. Open one and press N in it."))
            return CANCELLED
        return FINISHED
