# SPDX-License-Identifier: GPL-3.0-or-later
"""Texture from Views: paint the selected objects from several sides."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import bpy
from bpy.props import StringProperty

from ..nano_banana_addon.core import cost
from ..nano_banana_addon.core.texture import TEXTURE_OPTIONS, TextureSettings
from ..nano_banana_addon.features.texture import entry
from ..nano_banana_addon.features.texture.views import texture_settings
from ..nano_banana_addon.properties.texture import TexturingProperties
from ..nano_banana_addon.session import panel_state
from .base.results import CANCELLED, FINISHED, progress_cursor, report_ended, report_errors, report_reused
from .restyle import SettingsOperator

if TYPE_CHECKING:
    from ..nano_banana_addon.features.texture.apply_maps import TextureReport
    from ..nano_banana_addon.features.texture.job import TextureResult
    from ..nano_banana_addon.features.texture.plan import Plan


class NANO_BANANA_OT_texture(SettingsOperator, TexturingProperties, bpy.types.Operator):
    """Paint the selected objects from several views, and put the views together to a texture"""

    bl_idname = "nano_banana.texture"
    bl_label = "Texture from Views"
    # Neither REGISTER nor UNDO: Shift+R would pay twice. The delivery makes the undo step.
    bl_options = {"INTERNAL"}

    objects: StringProperty(description="Names of the objects, separated by |; empty: the selected ones")
    cameras: StringProperty(description="Names of the cameras, separated by |, for the views CAMERAS")
    view_prompts: StringProperty(description="Prompts of the views, separated by |")

    def texture(self, context: bpy.types.Context) -> TextureSettings:
        """The scene's choices, with those that were given to this call."""
        listed = ("cameras", "view_prompts")
        set_here = [n for n in TEXTURE_OPTIONS if hasattr(self, n) and self.properties.is_property_set(n)]
        base = texture_settings.texture_settings_of(context.scene)
        made = texture_settings.read_texture_choices(self, [n for n in set_here if n not in listed], base)
        return made.with_choices({n: tuple(getattr(self, n).split("|")) for n in set_here if n in listed})

    def invoke(self, context: bpy.types.Context, _event: bpy.types.Event) -> set[str]:
        """From a button: start, and return at once."""
        return report_errors(self, lambda: self._start(context))

    def execute(self, context: bpy.types.Context) -> set[str]:
        """From a script: start, wait, bake, put on."""
        return report_errors(self, lambda: self._run(context))

    def _plan(self, context: bpy.types.Context) -> "Plan":
        names = tuple(filter(None, self.objects.split("|")))
        return entry.prepare(context, self.settings(context), self.texture(context), names=names)

    def _start(self, context: bpy.types.Context) -> set[str]:
        panel_state.clear_notice()
        entry.start(self._plan(context), again=self.again)
        return FINISHED

    def _run(self, context: bpy.types.Context) -> set[str]:
        ready = self._plan(context)
        show = progress_cursor(context)
        try:
            done = entry.run(ready, show, again=self.again, on_bake=bake_words(context))
        finally:
            context.window_manager.progress_end()
        return report_painted(self, done)


def report_painted(operator: bpy.types.Operator, done: "TextureResult") -> set[str]:
    """Report what came of a texture that a script waited for."""
    report_reused(operator, done.reused)
    report_ended(operator, [g for g in done.generations if g.id not in done.reused])
    if done.problem is not None:
        raise done.problem
    if done.report is None:
        return CANCELLED
    report_textured(operator, done.report)
    spent = cost.format_dollars(sum(g.cost_usd or 0.0 for g in done.generations if g.id not in done.reused))
    operator.report({"INFO"}, f"Texture from {len(done.report.drifts)} views ({spent}).")
    return FINISHED


def report_textured(operator: bpy.types.Operator, report: "TextureReport") -> set[str]:
    """Report what was baked, and what is to be said of it."""
    for each in report.textured:
        operator.report({"INFO"}, f"{each.object}: {each.coverage:.0%} of the surface painted by views.")
    for note in report.notes:
        operator.report({"WARNING"}, note)
    return FINISHED


def bake_words(context: bpy.types.Context) -> Callable[[float, str], None]:
    """A callback that shows a bake's progress at the mouse cursor, which shows one already."""
    manager = context.window_manager
    return lambda fraction, _text: manager.progress_update(int(100 * fraction))


@contextmanager
def bake_cursor(context: bpy.types.Context) -> Iterator[Callable[[float, str], None]]:
    """The same with its beginning and its end."""
    context.window_manager.progress_begin(0, 100)
    try:
        yield bake_words(context)
    finally:
        context.window_manager.progress_end()


CLASSES = (NANO_BANANA_OT_texture,)
