# SPDX-License-Identifier: GPL-3.0-or-later
"""The example scene, the workspace, and a camera for the view."""

import bpy
from bpy.props import BoolProperty

from ...nano_banana_addon.blender.host import workspace
from ...nano_banana_addon.blender.host.preferences import get_preferences
from ...nano_banana_addon.core.constants import OFFLINE
from ...nano_banana_addon.features import example_scene, scene_camera
from ...nano_banana_addon.features.history import lookup
from ...nano_banana_addon.translations import translate
from ..base.results import report_errors


class NANO_BANANA_OT_load_example(bpy.types.Operator):
    """Make a small still life in a new scene, with a prompt and a camera. Your own scenes stay as they are"""

    bl_idname = "nano_banana.load_example"
    bl_label = "Load Example Scene"
    bl_options = {"REGISTER", "UNDO"}

    use_offline: BoolProperty(
        name="Use Offline", description="Generate with the free provider Offline", options={"SKIP_SAVE", "HIDDEN"}
    )

    @classmethod
    def description(cls, _context: bpy.types.Context, properties: bpy.types.OperatorProperties) -> str:
        """The tooltip, which tells of the provider where the button changes it."""
        text = translate(cls.__doc__ or "")
        return (
            translate("{what}. Images are generated with Offline, free", what=text) if properties.use_offline else text
        )

    @report_errors
    def execute(self, context: bpy.types.Context) -> None:
        """Show the scene."""
        preferences = get_preferences()
        if self.use_offline and preferences is not None:
            preferences.provider = OFFLINE
        scene = example_scene.load(context)
        text = translate("This is the scene “{name}”; the menu at the top right goes back to yours.", name=scene.name)
        self.report({"INFO"}, text)


class NANO_BANANA_OT_open_workspace(bpy.types.Operator):
    """Open a workspace for generating images: the camera's view, the latest image, and the compositor.

    It is made at the first press
    """

    bl_idname = "nano_banana.open_workspace"
    bl_label = "Nano Banana Workspace"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Where there is a window."""
        return context.window is not None and not bpy.app.background

    @report_errors
    def execute(self, context: bpy.types.Context) -> None:
        """Open it, and show the latest image in it."""
        workspace.open_workspace(context, lookup.find_latest_image())


class NANO_BANANA_OT_add_camera(bpy.types.Operator):
    """Add a camera that sees what the 3D view shows, as the camera of the scene"""

    bl_idname = "nano_banana.add_camera"
    bl_label = "Add Camera from View"
    bl_options = {"REGISTER", "UNDO"}

    @report_errors
    def execute(self, context: bpy.types.Context) -> None:
        """Add it."""
        scene_camera.add_from_view(context)
