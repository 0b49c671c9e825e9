# SPDX-License-Identifier: GPL-3.0-or-later
"""What belongs to a texture from views: its cameras, one view again, another bake, pictures for judging, UV maps."""

import bpy
from bpy.props import BoolProperty, IntProperty, StringProperty

from ..nano_banana_addon.core.errors import InputError
from ..nano_banana_addon.core.texture import format_coverage
from ..nano_banana_addon.features.generation import scene_settings
from ..nano_banana_addon.features.history import lookup
from ..nano_banana_addon.features.texture import entry
from ..nano_banana_addon.features.texture.maps import texture_info
from ..nano_banana_addon.features.texture.views import texture_settings
from ..nano_banana_addon.identity import SCENE_PROPERTY
from ..nano_banana_addon.session import apply_result
from .base.results import FINISHED, progress_cursor, report_errors
from .texture import bake_cursor, bake_words, report_painted, report_textured


class NANO_BANANA_OT_texture_show_views(bpy.types.Operator):
    """Show where the selected objects will be painted from, as cameras that may be moved and ordered"""

    bl_idname = "nano_banana.texture_show_views"
    bl_label = "Show Views"
    bl_options = {"REGISTER", "UNDO", "INTERNAL"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Put the cameras there."""
        return report_errors(self, lambda: self._show(context))

    def _show(self, context: bpy.types.Context) -> set[str]:
        scene = context.scene
        seen = entry.show_views(context, scene_settings.settings_of(scene), texture_settings.texture_settings_of(scene))
        return _tell_seen(self, context, seen)


class NANO_BANANA_OT_texture_coverage(bpy.types.Operator):
    """Find how much of the selected objects the views see as they are now. Nothing is sent"""

    bl_idname = "nano_banana.texture_coverage"
    bl_label = "Check Coverage"
    bl_options = {"INTERNAL"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Look."""
        return report_errors(self, lambda: self._look(context))

    def _look(self, context: bpy.types.Context) -> set[str]:
        scene = context.scene
        wanted = scene_settings.settings_of(scene), texture_settings.texture_settings_of(scene)
        return _tell_seen(self, context, entry.measure_coverage(context, *wanted))


def _tell_seen(operator: bpy.types.Operator, context: bpy.types.Context, seen: entry.CoverageReport) -> set[str]:
    group = getattr(context.scene, SCENE_PROPERTY).texturing
    context.view_layer.update()  # cameras that were made just now
    key = texture_info.views_key(context, texture_settings.texture_settings_of(context.scene))
    group.seen, group.seen_by, group.seen_key = seen.part, seen.views, key
    group.uv_notes = "\n".join(seen.notes)
    operator.report({"INFO"}, format_coverage(seen.views, seen.part))
    for note in seen.notes:
        operator.report({"WARNING"}, note)
    return FINISHED


class NANO_BANANA_OT_texture_hide_views(bpy.types.Operator):
    """Take the cameras away again that show the views"""

    bl_idname = "nano_banana.texture_hide_views"
    bl_label = "Hide Views"
    bl_options = {"REGISTER", "UNDO", "INTERNAL"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Remove them."""
        entry.hide_views(context.scene)
        return FINISHED


class NANO_BANANA_OT_texture_move_view(bpy.types.Operator):
    """Move the active view: views are painted in this order"""

    bl_idname = "nano_banana.texture_move_view"
    bl_label = "Move View"
    bl_options = {"REGISTER", "UNDO", "INTERNAL"}

    step: IntProperty(default=1, min=-1, max=1)

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Move it."""
        group = getattr(context.scene, SCENE_PROPERTY).texturing
        place = group.active_view + self.step
        if 0 <= place < len(group.view_list):
            group.view_list.move(group.active_view, place)
            group.active_view = place
        return FINISHED


class NANO_BANANA_OT_texture_regenerate_view(bpy.types.Operator):
    """Paint this view of the active object's texture once more, and pay for it; the others stay as they are"""

    bl_idname = "nano_banana.texture_regenerate_view"
    bl_label = "Regenerate This View"
    bl_options = {"INTERNAL"}

    index: IntProperty(name="View", description="Its number, from 0", min=0)

    def invoke(self, context: bpy.types.Context, _event: bpy.types.Event) -> set[str]:
        """From a button: start, and return at once."""
        return report_errors(self, lambda: self._start(context))

    def execute(self, context: bpy.types.Context) -> set[str]:
        """From a script: start, wait, bake, put on."""
        return report_errors(self, lambda: self._run(context))

    def _start(self, context: bpy.types.Context) -> set[str]:
        plan, kept = entry.one_view(context.active_object, self.index)
        entry.start(plan, again=True, kept=kept)
        return FINISHED

    def _run(self, context: bpy.types.Context) -> set[str]:
        plan, kept = entry.one_view(context.active_object, self.index)
        show = progress_cursor(context)
        try:
            done = entry.run(plan, show, again=True, kept=kept, on_bake=bake_words(context))
        finally:
            context.window_manager.progress_end()
        return report_painted(self, done)


class NANO_BANANA_OT_texture_reproject(bpy.types.Operator):
    """Bake the active object's texture again from its pictures, at no cost: for a changed mesh, UV map or size"""

    bl_idname = "nano_banana.texture_reproject"
    bl_label = "Reproject"
    bl_options = {"INTERNAL"}

    def invoke(self, context: bpy.types.Context, _event: bpy.types.Event) -> set[str]:
        """From a button: start; the panel shows how far it is."""
        return report_errors(self, lambda: self._begin(context))

    def execute(self, context: bpy.types.Context) -> set[str]:
        """From a script: bake and put on; makes its own undo step."""
        return report_errors(self, lambda: self._reproject(context))

    def _begin(self, context: bpy.types.Context) -> set[str]:
        entry.begin_reprojecting(context.active_object, _size(context))
        return FINISHED

    def _reproject(self, context: bpy.types.Context) -> set[str]:
        with bake_cursor(context) as tell:
            report = entry.reproject(context.active_object, _size(context), tell)
        return report_textured(self, report)


class NANO_BANANA_OT_texture_bake(bpy.types.Operator):
    """Bake this picture with the other views of its texture onto their objects, at no cost"""

    bl_idname = "nano_banana.texture_bake"
    bl_label = "Bake Texture"
    bl_options = {"INTERNAL"}

    generation: StringProperty(options={"SKIP_SAVE"})

    def invoke(self, _context: bpy.types.Context, _event: bpy.types.Event) -> set[str]:
        """From a button: start; the panel shows how far it is."""
        return report_errors(self, self._begin)

    def execute(self, context: bpy.types.Context) -> set[str]:
        """From a script: bake and put on; makes its own undo step."""
        return report_errors(self, lambda: self._bake(context))

    def _begin(self) -> set[str]:
        entry.begin_baking(lookup.find(self.generation))
        return FINISHED

    def _bake(self, context: bpy.types.Context) -> set[str]:
        with bake_cursor(context) as tell:
            report = entry.bake_result(lookup.find(self.generation), tell)
        return report_textured(self, report)


class NANO_BANANA_OT_texture_cancel_bake(bpy.types.Operator):
    """Stop baking; nothing changes, and the pictures can be baked later"""

    bl_idname = "nano_banana.texture_cancel_bake"
    bl_label = "Cancel Bake"
    bl_options = {"INTERNAL"}

    def execute(self, _context: bpy.types.Context) -> set[str]:
        """Stop it."""
        entry.cancel_baking()
        return FINISHED


def _size(context: bpy.types.Context) -> int:
    return int(getattr(context.scene, SCENE_PROPERTY).texturing.texture_size)


class NANO_BANANA_OT_texture_check(bpy.types.Operator):
    """Show another picture on the active object: coverage, the share of the views, seams; or the texture itself"""

    bl_idname = "nano_banana.texture_check"
    bl_label = "Show on Object"
    bl_options = {"REGISTER", "UNDO", "INTERNAL"}

    check: StringProperty(name="Picture", description="Coverage, Views, Seams, View 1 …; empty: the texture")

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Show it."""
        return report_errors(self, lambda: self._show(context))

    def _show(self, context: bpy.types.Context) -> set[str]:
        group = texture_info.group_of(context.active_object)
        if group is None:
            raise InputError("The active object has no texture from views.", next_step="Paint one first.")
        texture_info.show_check(group, self.check)
        if not shows_materials(context):
            self.report({"INFO"}, "Choose Material Preview as the viewport's shading to see it.")
        return FINISHED


def shows_materials(context: bpy.types.Context) -> bool:
    """Whether a 3D view of the window draws materials; True where there is none to look at."""
    areas = context.screen.areas if context.screen else ()
    shadings = [a.spaces.active.shading.type for a in areas if a.type == "VIEW_3D"]
    return not shadings or any(shading in ("MATERIAL", "RENDERED") for shading in shadings)


class NANO_BANANA_OT_unwrap(bpy.types.Operator):
    """Give the selected meshes that have no UV map one, by Smart UV Project"""

    bl_idname = "nano_banana.unwrap"
    bl_label = "Unwrap"
    bl_options = {"INTERNAL"}

    beside: BoolProperty(
        name="New UV Map",
        description="Make another UV map for painting, where every part has a place of its own, beside those that are"
        " there",
        options={"SKIP_SAVE"},
    )

    @classmethod
    def description(cls, _context: bpy.types.Context, properties: bpy.types.OperatorProperties) -> str:
        """What the button does."""
        return cls.bl_rna.properties["beside"].description if properties.beside else cls.__doc__ or ""

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Unwrap them; makes its own undo step, after the changes of mode."""
        return report_errors(self, lambda: self._unwrap(context))

    def _unwrap(self, context: bpy.types.Context) -> set[str]:
        make = entry.unwrap_beside if self.beside else entry.unwrap
        names = make(context.selected_objects)
        if self.beside:
            group = getattr(context.scene, SCENE_PROPERTY).texturing
            group.uv_map, group.uv_notes, group.seen_key = entry.PAINTED_MAP, "", ""
        if names:
            apply_result.push_undo_step("Nano Banana: Unwrap")
        self.report({"INFO"}, f"Unwrapped: {', '.join(names)}." if names else "All have a UV map.")
        return FINISHED


CLASSES = (
    NANO_BANANA_OT_texture_show_views,
    NANO_BANANA_OT_texture_coverage,
    NANO_BANANA_OT_texture_hide_views,
    NANO_BANANA_OT_texture_move_view,
    NANO_BANANA_OT_texture_regenerate_view,
    NANO_BANANA_OT_texture_reproject,
    NANO_BANANA_OT_texture_bake,
    NANO_BANANA_OT_texture_cancel_bake,
    NANO_BANANA_OT_texture_check,
    NANO_BANANA_OT_unwrap,
)
