# SPDX-License-Identifier: GPL-3.0-or-later
"""Change a part of the image in the Image Editor, or of a result of the scene's camera."""

from functools import partial
from typing import TYPE_CHECKING, Any

import bpy
from bpy.props import BoolProperty

from ..nano_banana_addon.core.constants import EditArea
from ..nano_banana_addon.features.edit import areas, box, marks, masked_edit, view_result
from ..nano_banana_addon.features.generation import duplicates, request_builder
from ..nano_banana_addon.features.history import gallery
from ..nano_banana_addon.identity import SCENE_PROPERTY
from ..nano_banana_addon.session import background_tasks
from ..nano_banana_addon.translations import translate
from .base.paid import PaidOperator, present
from .base.results import CANCELLED, FINISHED, report_errors

if TYPE_CHECKING:
    from ..nano_banana_addon.core.settings import Settings


class ShownImageOperator:
    """An operator on the image that the Image Editor shows."""

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Whether there is an image; the tooltip says so."""
        is_there = marks.find_image(context) is not None
        if not is_there:
            cls.poll_message_set(translate("Show an image in the Image Editor first."))
        return is_there


class NANO_BANANA_OT_mark_area(ShownImageOperator, bpy.types.Operator):
    """Paint over what should change, with any brush and colour, on a copy of this image"""

    bl_idname = "nano_banana.mark_area"
    bl_label = "Mark Area"
    bl_options = {"UNDO"}

    @report_errors
    def execute(self, context: bpy.types.Context) -> None:
        """Show the copy in paint mode."""
        marks.begin(context)


class NANO_BANANA_OT_discard_marks(bpy.types.Operator):
    """Show the image again, without the marks"""

    bl_idname = "nano_banana.discard_marks"
    bl_label = "Discard Marks"
    bl_options = {"UNDO"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Remove the copy."""
        marks.discard(context)
        return FINISHED


class NANO_BANANA_OT_drag_box(ShownImageOperator, bpy.types.Operator):
    """Drag a box over the part of the image that is meant. A click takes it away"""

    bl_idname = "nano_banana.drag_box"
    bl_label = "Drag Box"
    bl_options = {"UNDO"}

    for_material: BoolProperty(options={"HIDDEN", "SKIP_SAVE"})

    def invoke(self, context: bpy.types.Context, _event: bpy.types.Event) -> set[str]:
        """Wait for the first corner."""
        choices = getattr(context.scene, SCENE_PROPERTY)
        self._start, self._before = None, (choices.edit_area, self._get_box(context))
        if not self.for_material:
            choices.edit_area = EditArea.BOX
        box.show()
        context.window.cursor_modal_set("CROSSHAIR")
        context.workspace.status_text_set("Drag a box over the part that is meant. Esc or right-click to cancel")
        context.window_manager.modal_handler_add(self)
        return {"RUNNING_MODAL"}

    def modal(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        """Set the corners as the mouse moves."""
        if event.type in {"ESC", "RIGHTMOUSE"}:
            getattr(context.scene, SCENE_PROPERTY).edit_area, former = self._before
            self._set_box(context, former)
            return self._end(context, CANCELLED)
        if event.type == "LEFTMOUSE" and event.value == "PRESS":
            self._start = box.find_place(context, event)
        elif self._start and event.type in {"MOUSEMOVE", "LEFTMOUSE"}:
            self._set_box(context, box.sort_corners(self._start, box.find_place(context, event)))
            if event.type == "LEFTMOUSE":
                return self._end(context, FINISHED)
        return {"RUNNING_MODAL"}

    def _get_box(self, context: bpy.types.Context) -> "box.Corners":
        choices = getattr(context.scene, SCENE_PROPERTY)
        left, bottom, right, top = choices.material.box if self.for_material else choices.edit_box
        return left, bottom, right, top

    def _set_box(self, context: bpy.types.Context, corners: "box.Corners") -> None:
        choices = getattr(context.scene, SCENE_PROPERTY)
        if self.for_material:
            choices.material.box = corners
        else:
            choices.edit_box = corners
        context.area.tag_redraw()

    def _end(self, context: bpy.types.Context, ended: set[str]) -> set[str]:
        context.window.cursor_modal_restore()
        context.workspace.status_text_set(None)
        return ended


class EditOperator(PaidOperator):
    """Sends an edit. From a button it returns at once: what is sent is cut out in the background."""

    def read(self, context: bpy.types.Context) -> "masked_edit.Draft":
        """What the edit needs of Blender. Raises `NanoBananaError` with what to change."""
        raise NotImplementedError

    def settings(self, context: bpy.types.Context) -> "Settings":
        """The settings, with the words of the panel Edit unless others were passed."""
        settings = super().settings(context)
        if "prompt" in self.list_choices():
            return settings
        return settings.replace_choices({"prompt": getattr(context.scene, SCENE_PROPERTY).edit_prompt})

    def start(self, context: bpy.types.Context) -> None:
        """Read what is needed, and go on in the background; errors are shown in the panel."""
        gallery.find_store()  # opened here, where Blender's preferences can be read
        background_tasks.start(partial(_offer, self.read(context), again=self.again), "Preparing the edit …")

    def build(self, context: bpy.types.Context) -> "request_builder.Order":
        """Cut out what is sent."""
        return masked_edit.cut(self.read(context))


def _offer(draft: "masked_edit.Draft", *, again: bool) -> Any:
    """Ask first if the same edit was made before."""
    return partial(present, duplicates.offer_order(masked_edit.cut(draft), force_new=again))


class NANO_BANANA_OT_edit(EditOperator, bpy.types.Operator):
    """Change the area as the mode and the prompt say; the rest of the image stays as it is"""

    bl_idname = "nano_banana.edit"
    bl_label = "Edit Area"

    @classmethod
    def find_blocker(cls, context: bpy.types.Context) -> str:
        """What is missing."""
        return areas.find_blocker(context)

    def read(self, context: bpy.types.Context) -> "masked_edit.Draft":
        """The Image Editor's image, and the area of it."""
        settings = self.settings(context)
        image, area = areas.read(context, settings)
        return masked_edit.read(context, settings, image, area, origin=areas.find_origin(image))


class NANO_BANANA_OT_edit_view(EditOperator, bpy.types.Operator):
    """Generate a part of the camera's active or latest result again, at the size chosen under Model; the rest stays"""

    bl_idname = "nano_banana.edit_view"
    bl_label = "Edit Part of View"

    @classmethod
    def find_blocker(cls, context: bpy.types.Context) -> str:
        """What is missing."""
        return view_result.find_blocker(context)

    def read(self, context: bpy.types.Context) -> "masked_edit.Draft":
        """The result, and the part of it."""
        settings = self.settings(context)
        image, area, result = view_result.read(context, settings)
        return masked_edit.read(context, settings, image, area, origin=result)
