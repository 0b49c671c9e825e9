# SPDX-License-Identifier: GPL-3.0-or-later
"""The views of a texture: their cameras and their coverage."""

from typing import TYPE_CHECKING

import bpy
from bpy.props import IntProperty

from ...nano_banana_addon.blender.host import list_edits
from ...nano_banana_addon.core.texture import format_coverage
from ...nano_banana_addon.features.generation import scene_settings
from ...nano_banana_addon.features.texture.maps import texture_info
from ...nano_banana_addon.features.texture.views import preview_views, texture_settings, view_cameras
from ...nano_banana_addon.identity import SCENE_PROPERTY
from ..base.results import CANCELLED, FINISHED, report_errors

if TYPE_CHECKING:
    from ...nano_banana_addon.features.texture.views.preview_views import CoverageReport


class NANO_BANANA_OT_texture_show_views(bpy.types.Operator):
    """Show each view of the selected objects as a camera. The cameras can be moved and reordered"""

    bl_idname = "nano_banana.texture_show_views"
    bl_label = "Show Views"
    bl_options = {"REGISTER", "UNDO", "INTERNAL"}

    @report_errors
    def execute(self, context: bpy.types.Context) -> set[str]:
        """Add the cameras."""
        scene = context.scene
        seen = preview_views.show_views(
            context, scene_settings.settings_of(scene), texture_settings.texture_settings_of(scene)
        )
        return _report_coverage(self, context, seen)


class NANO_BANANA_OT_texture_coverage(bpy.types.Operator):
    """Measure how much of the selected objects the current views see. Nothing is sent"""

    bl_idname = "nano_banana.texture_coverage"
    bl_label = "Check Coverage"
    bl_options = {"INTERNAL"}

    @report_errors
    def execute(self, context: bpy.types.Context) -> set[str]:
        """Measure and report."""
        scene = context.scene
        wanted = scene_settings.settings_of(scene), texture_settings.texture_settings_of(scene)
        return _report_coverage(self, context, preview_views.measure_coverage(context, *wanted))


def _report_coverage(operator: bpy.types.Operator, context: bpy.types.Context, coverage: "CoverageReport") -> set[str]:
    group = getattr(context.scene, SCENE_PROPERTY).texturing
    context.view_layer.update()  # cameras that were made just now
    key = texture_info.compute_views_key(context, texture_settings.texture_settings_of(context.scene))
    group.seen, group.seen_by, group.seen_key = coverage.part, coverage.views, key
    group.uv_notes = "\n".join(coverage.notes)
    operator.report({"INFO"}, format_coverage(coverage.views, coverage.part))
    for note in coverage.notes:
        operator.report({"WARNING"}, note)
    return FINISHED


class NANO_BANANA_OT_texture_hide_views(bpy.types.Operator):
    """Remove the cameras of the views"""

    bl_idname = "nano_banana.texture_hide_views"
    bl_label = "Hide Views"
    bl_options = {"REGISTER", "UNDO", "INTERNAL"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Remove the cameras."""
        view_cameras.hide(context.scene)
        return FINISHED


class NANO_BANANA_OT_texture_move_view(bpy.types.Operator):
    """Move the active view. Views are generated in this order"""

    bl_idname = "nano_banana.texture_move_view"
    bl_label = "Move View"
    bl_options = {"REGISTER", "UNDO", "INTERNAL"}

    step: IntProperty(default=1, min=-1, max=1)

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Move the view."""
        texturing = getattr(context.scene, SCENE_PROPERTY).texturing
        list_edits.move_active(texturing, "view_list", "active_view", self.step)
        return FINISHED


class NANO_BANANA_OT_look_through_view(bpy.types.Operator):
    """Look through this view's camera in the 3D view. The scene's own camera is not changed"""

    bl_idname = "nano_banana.look_through_view"
    bl_label = "Look Through View"
    bl_options = {"INTERNAL"}

    index: IntProperty(name="View", min=0)

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Only in a 3D view."""
        return context.space_data is not None and context.space_data.type == "VIEW_3D"

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Look through it; a second press returns to the perspective."""
        entries = getattr(context.scene, SCENE_PROPERTY).texturing.view_list
        camera = entries[self.index].camera if self.index < len(entries) else None
        space = context.space_data
        if camera is None:
            return CANCELLED
        is_shown = space.region_3d.view_perspective == "CAMERA" and space.camera == camera
        space.use_local_camera = not is_shown
        space.camera = camera if not is_shown else context.scene.camera
        space.region_3d.view_perspective = "PERSP" if is_shown else "CAMERA"
        return FINISHED
