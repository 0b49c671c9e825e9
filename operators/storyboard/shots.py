# SPDX-License-Identifier: GPL-3.0-or-later
"""The list of shots."""

from typing import Any

import bpy
from bpy.props import EnumProperty, IntProperty, StringProperty

from ...nano_banana_addon.core.settings import OPTIONS
from ...nano_banana_addon.core.storyboard.shot_options import ORIGIN_ITEMS, OVERRIDABLE
from ...nano_banana_addon.features.storyboard import shot_list, shots
from ...nano_banana_addon.identity import SCENE_PROPERTY
from ...nano_banana_addon.properties.options import enum_items
from ...nano_banana_addon.translations import translate
from ..base.results import report_errors


class NANO_BANANA_OT_shots_update(bpy.types.Operator):
    """Make shots, or update those made before: their texts, settings and images stay, and none is removed"""

    bl_idname = "nano_banana.shots_update"
    bl_label = "Make or Update Shots"
    bl_options = {"REGISTER", "UNDO", "INTERNAL"}

    origin: EnumProperty(name="From", description="What shots are made from", items=enum_items(ORIGIN_ITEMS))
    step: IntProperty(name="Every", description="Frames between two shots", default=24, min=1, max=100_000)

    def invoke(self, context: bpy.types.Context, _event: bpy.types.Event) -> set[str]:
        """Ask for the step where there is one."""
        if self.origin == "FRAMES":
            return context.window_manager.invoke_props_dialog(self)
        return self.execute(context)

    def draw(self, _context: bpy.types.Context) -> None:
        """Draw the step."""
        self.layout.prop(self, "step")

    @report_errors
    def execute(self, context: bpy.types.Context) -> None:
        """Make them and report how many."""
        added, updated = shot_list.update(context.scene, self.origin, self.step)
        self.report({"INFO"}, translate("Shots added: {added}, updated: {updated}.", added=added, updated=updated))


class NANO_BANANA_OT_shot_add(bpy.types.Operator):
    """Add a shot of the scene's camera at the current frame. The first one brings those of the markers along"""

    bl_idname = "nano_banana.shot_add"
    bl_label = "Add Shot"
    bl_options = {"REGISTER", "UNDO", "INTERNAL"}

    @report_errors
    def execute(self, context: bpy.types.Context) -> None:
        """Add it behind the active one."""
        shot_list.add(context.scene)


class NANO_BANANA_OT_shot_remove(bpy.types.Operator):
    """Remove the active shot. Its strips stay in the storyboard, its images in the history"""

    bl_idname = "nano_banana.shot_remove"
    bl_label = "Remove Shot"
    bl_options = {"REGISTER", "UNDO", "INTERNAL"}

    @report_errors
    def execute(self, context: bpy.types.Context) -> None:
        """Remove it."""
        shot_list.remove(context.scene)


class NANO_BANANA_OT_shot_duplicate(bpy.types.Operator):
    """Add a copy of the active shot behind it, without its images"""

    bl_idname = "nano_banana.shot_duplicate"
    bl_label = "Duplicate Shot"
    bl_options = {"REGISTER", "UNDO", "INTERNAL"}

    @report_errors
    def execute(self, context: bpy.types.Context) -> None:
        """Duplicate it."""
        shot_list.duplicate(context.scene)


class NANO_BANANA_OT_shot_move(bpy.types.Operator):
    """Move the active shot. Shots are generated and printed in this order"""

    bl_idname = "nano_banana.shot_move"
    bl_label = "Move Shot"
    bl_options = {"REGISTER", "UNDO", "INTERNAL"}

    step: IntProperty(default=1, min=-1, max=1)

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Move it."""
        shot_list.move(context.scene, self.step)
        return {"FINISHED"}


class NANO_BANANA_OT_shot_jump(bpy.types.Operator):
    """Set the scene's camera and frame to those of this shot"""

    bl_idname = "nano_banana.shot_jump"
    bl_label = "Jump to Shot"
    bl_options = {"REGISTER", "UNDO", "INTERNAL"}

    index: IntProperty(name="Shot", description="Index of the shot, from 0", min=0)

    @report_errors
    def execute(self, context: bpy.types.Context) -> None:
        """Make it the active one and jump."""
        shots.get_group(context.scene).active_shot = self.index
        shot_list.jump(context.scene)


class NANO_BANANA_OT_shot_anchor(bpy.types.Operator):
    """Make the active shot the anchor, whose frame is sent with each other. Again: the first shot"""

    bl_idname = "nano_banana.shot_anchor"
    bl_label = "Use as Anchor"
    bl_options = {"REGISTER", "UNDO", "INTERNAL"}

    @report_errors
    def execute(self, context: bpy.types.Context) -> None:
        """Set or clear it."""
        group, active = shots.get_group(context.scene), shot_list.find_active(context.scene)
        group.anchor_shot = "" if group.anchor_shot == active.shot_id else active.shot_id


class NANO_BANANA_OT_shot_override_add(bpy.types.Operator):
    """Give the active shot a setting of its own, at first as it is in the scene"""

    bl_idname = "nano_banana.shot_override_add"
    bl_label = "Add Setting"
    bl_options = {"REGISTER", "UNDO", "INTERNAL"}
    bl_property = "setting"

    setting: EnumProperty(
        name="Setting", items=[(name, OPTIONS[name].label, OPTIONS[name].help) for name in OVERRIDABLE]
    )

    def invoke(self, context: bpy.types.Context, _event: bpy.types.Event) -> set[str]:
        """Search for the setting."""
        context.window_manager.invoke_search_popup(self)
        return {"RUNNING_MODAL"}

    @report_errors
    def execute(self, context: bpy.types.Context) -> None:
        """Copy the scene's value."""
        value: Any = getattr(getattr(context.scene, SCENE_PROPERTY), self.setting)
        setattr(shot_list.find_active(context.scene).settings, self.setting, value)


class NANO_BANANA_OT_shot_override_remove(bpy.types.Operator):
    """Let the active shot have this setting as the scene"""

    bl_idname = "nano_banana.shot_override_remove"
    bl_label = "Remove Setting"
    bl_options = {"REGISTER", "UNDO", "INTERNAL"}

    setting: StringProperty(name="Setting")

    @report_errors
    def execute(self, context: bpy.types.Context) -> None:
        """Unset it."""
        if self.setting in OVERRIDABLE:
            shot_list.find_active(context.scene).settings.property_unset(self.setting)
