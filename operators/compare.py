# SPDX-License-Identifier: GPL-3.0-or-later
"""Compare A/B: a wipe over the Image Editor."""

import bpy
from bpy.props import StringProperty

from ..nano_banana_addon.blender.host import editors
from ..nano_banana_addon.features import compare
from ..nano_banana_addon.features.history import gallery
from ..nano_banana_addon.session import panel_state
from ..nano_banana_addon.translations import translate
from .base.results import CANCELLED, FINISHED, report_errors

_END_EVENTS = {"ESC", "RET", "NUMPAD_ENTER", "RIGHTMOUSE"}
_RUNNING = {"RUNNING_MODAL"}
_HELP = "Drag the divider; zoom and pan as usual. Esc, Enter or right-click to exit"


class NANO_BANANA_OT_compare_mark(bpy.types.Operator):
    """Mark this image, or remove its mark. Then open another image and press Compare with Marked"""

    bl_idname = "nano_banana.compare_mark"
    bl_label = "Mark to Compare"
    bl_options = {"INTERNAL"}

    generation: StringProperty(description="ID of the generation; empty: remove the mark", options={"SKIP_SAVE"})

    def execute(self, _context: bpy.types.Context) -> set[str]:
        """Store its ID."""
        gallery.get_gallery().compared = self.generation
        panel_state.redraw()
        return FINISHED


class NANO_BANANA_OT_compare(bpy.types.Operator):
    """Compare two images in the Image Editor with a draggable divider"""

    bl_idname = "nano_banana.compare"
    bl_label = "Compare"
    bl_options = {"INTERNAL"}

    left: StringProperty(options={"HIDDEN", "SKIP_SAVE"})
    right: StringProperty(options={"HIDDEN", "SKIP_SAVE"})

    @report_errors
    def invoke(self, context: bpy.types.Context, _event: bpy.types.Event) -> set[str]:
        """Find an Image Editor, show both images, and run until the user exits."""
        window, area = editors.find_image_area(context)
        if area is None:
            self.report({"ERROR"}, translate("There is no Image Editor, and none can be opened."))
            return CANCELLED
        compare.begin(area, self.left, self.right)
        self._dragging = False
        with context.temp_override(window=window, area=area):
            context.window_manager.modal_handler_add(self)
            context.workspace.status_text_set(_HELP)
            editors.fit_image(window, area)
        return _RUNNING

    def modal(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        """Drag the divider; pass all other events through to the editor."""
        area, region = self._find_place(context)
        if region is None or compare.get_active_wipe() is None or event.type in _END_EVENTS:
            return self._end(context, area)
        x = event.mouse_x - region.x
        inside = 0 <= x <= region.width and 0 <= event.mouse_y - region.y <= region.height
        if event.type == "LEFTMOUSE":
            self._dragging = event.value == "PRESS" and inside
            if not self._dragging:
                return {"PASS_THROUGH"} if not inside else _RUNNING
        if event.type == "MOUSEMOVE":
            near = inside and compare.is_near_divider(x, region.width)
            context.window.cursor_modal_set("MOVE_X" if near or self._dragging else "DEFAULT")
        if self._dragging and event.type in {"LEFTMOUSE", "MOUSEMOVE"}:
            compare.move_divider(area, x / region.width)
            return _RUNNING
        return {"PASS_THROUGH"}

    def cancel(self, context: bpy.types.Context) -> None:
        """Called by Blender when another file is loaded or the window closes."""
        self._end(context, None)

    def _find_place(self, context: bpy.types.Context) -> tuple[bpy.types.Area | None, bpy.types.Region | None]:
        """The editor and its region, looked up at each event: areas can be closed."""
        wipe = compare.get_active_wipe()
        if wipe is None or context.screen is None:
            return None, None
        area = next((a for a in context.screen.areas if a.as_pointer() == wipe.area), None)
        if area is None or area.type != "IMAGE_EDITOR":
            return None, None
        return area, next((r for r in area.regions if r.type == "WINDOW"), None)

    def _end(self, context: bpy.types.Context, area: bpy.types.Area | None) -> set[str]:
        compare.stop(area)
        if context.window:
            context.window.cursor_modal_restore()
        if context.workspace:
            context.workspace.status_text_set(None)
        return FINISHED
