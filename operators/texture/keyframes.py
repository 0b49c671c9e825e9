# SPDX-License-Identifier: GPL-3.0-or-later
"""The keyframes that are projected: chosen, and measured before anything is paid."""

from functools import partial
from typing import TYPE_CHECKING

import bpy
from bpy.props import IntProperty

from ...nano_banana_addon.blender.host import progress_steps
from ...nano_banana_addon.core.storyboard import keyframes
from ...nano_banana_addon.features.generation import scene_settings
from ...nano_banana_addon.features.texture.maps import texture_info
from ...nano_banana_addon.features.texture.views import frame_coverage, texture_settings
from ...nano_banana_addon.identity import SCENE_PROPERTY
from ...nano_banana_addon.session import panel_state
from ..base.buttons import BlockableOperator
from ..base.results import CANCELLED, FINISHED, report_errors, show_fraction, show_progress

if TYPE_CHECKING:
    from collections.abc import Generator

    from ...nano_banana_addon.blender.host.progress_steps import ProgressStep


class NANO_BANANA_OT_keyframe_add(bpy.types.Operator):
    """Add a frame to the keyframes that are projected"""

    bl_idname = "nano_banana.keyframe_add"
    bl_label = "Add Keyframe"
    bl_options = {"REGISTER", "UNDO", "INTERNAL"}

    frame: IntProperty(name="Frame", description="The frame to add")

    @report_errors
    def execute(self, context: bpy.types.Context) -> None:
        """Add it."""
        scene, texturing = context.scene, getattr(context.scene, SCENE_PROPERTY).texturing
        text = f"{texturing.keyframes}, {self.frame}"
        texturing.keyframes = keyframes.join_keyframes(
            keyframes.parse_keyframes(text, scene.frame_start, scene.frame_end)
        )


class NANO_BANANA_OT_keyframe_coverage(BlockableOperator, bpy.types.Operator):
    """Measure how much of all frames the keyframes see, and which frame would add most. Nothing is sent.
    Esc stops it"""

    bl_idname = "nano_banana.keyframe_coverage"
    bl_label = "Check Coverage of All Frames"
    bl_options = {"INTERNAL"}

    @classmethod
    def find_blocker(cls, context: bpy.types.Context) -> str:
        """What is missing for keyframes."""
        return texture_info.find_keyframe_blocker(context)

    @report_errors
    def invoke(self, context: bpy.types.Context, _event: bpy.types.Event) -> set[str]:
        """From a button: a frame at each turn of a timer, so that Blender shows the progress."""
        self._steps = _measure(context)
        self._timer = context.window_manager.event_timer_add(0.01, window=context.window)
        context.window_manager.progress_begin(0, 100)
        context.window_manager.modal_handler_add(self)
        return {"RUNNING_MODAL"}

    def modal(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        """Look at the next frame, or stop."""
        if event.type == "ESC":
            self.cancel(context)
            return CANCELLED
        return self.step(context, event) if event.type == "TIMER" else {"RUNNING_MODAL"}

    @report_errors
    def step(self, context: bpy.types.Context, _event: bpy.types.Event) -> set[str]:
        """Look at one frame; after the last one, report."""
        is_running = False
        try:
            fraction, text = next(self._steps)
            show_fraction(context, fraction)
            context.workspace.status_text_set(f"{text} ({fraction:.0%}). Esc: stop")
            is_running = True
        except StopIteration as end:
            return self.finish(context, end.value)
        finally:
            if not is_running:
                self.cancel(context)
        return {"RUNNING_MODAL"}

    def cancel(self, context: bpy.types.Context) -> None:
        """Leave everything as it was."""
        self._steps.close()
        context.window_manager.event_timer_remove(self._timer)
        context.window_manager.progress_end()
        context.workspace.status_text_set(None)

    @report_errors
    def execute(self, context: bpy.types.Context) -> set[str]:
        """From a script: measure and report."""
        with show_progress(context):
            return self.finish(context, progress_steps.run_all(_measure(context), partial(show_fraction, context)))

    def finish(self, context: bpy.types.Context, coverage: "keyframes.FrameCoverage") -> set[str]:
        """Show what was measured."""
        texturing = getattr(context.scene, SCENE_PROPERTY).texturing
        texturing.frames_seen, texturing.frames_key = coverage.describe(), texture_info.compute_frames_key(context)
        texturing.has_next_keyframe = coverage.best is not None
        texturing.next_keyframe = coverage.best[0] if coverage.best else 0
        self.report({"INFO"}, texturing.frames_seen)
        panel_state.redraw()
        return FINISHED


def _measure(context: bpy.types.Context) -> "Generator[ProgressStep, None, keyframes.FrameCoverage]":
    scene = context.scene
    texture = texture_settings.texture_settings_of(scene)
    return frame_coverage.measure_steps(context, scene_settings.settings_of(scene), texture)
