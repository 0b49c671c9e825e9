# SPDX-License-Identifier: GPL-3.0-or-later
"""How operators report: a report, as everywhere in Blender, and the operator's return value."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from functools import wraps
from typing import TYPE_CHECKING

import bpy

from ...nano_banana_addon.core import errors
from ...nano_banana_addon.core.constants import State
from ...nano_banana_addon.session import panel_state
from ...nano_banana_addon.translations import translate, translate_sentence

if TYPE_CHECKING:
    from ...nano_banana_addon.core.result import Generation

FINISHED, CANCELLED = {"FINISHED"}, {"CANCELLED"}
#: Of file browsers that choose images.
IMAGE_FILTER = "*.png;*.jpg;*.jpeg;*.webp;*.heic;*.heif;*.tif;*.tiff;*.bmp;*.gif"
_REPORT_WIDTH = 60  # characters in a line of a popup
_INVOKE_ARGUMENTS = 3  # self, context, event


def report_errors(method: Callable[..., set[str] | None]) -> Callable[..., set[str]]:
    """For `invoke` and `execute`: turn a `NanoBananaError` into a report instead of a traceback.

    A method that returns None counts as FINISHED. Blender counts a function's arguments, so each has its own wrapper.
    """

    def execute(self: bpy.types.Operator, context: bpy.types.Context) -> set[str]:
        return _run(self, lambda: method(self, context), errors.NanoBananaError.to_sentence)

    def invoke(self: bpy.types.Operator, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        return _run(self, lambda: method(self, context, event), wrap_error)

    return wraps(method)(invoke if method.__code__.co_argcount == _INVOKE_ARGUMENTS else execute)


def _run(
    operator: bpy.types.Operator, work: Callable[[], set[str] | None], describe: Callable[[errors.NanoBananaError], str]
) -> set[str]:
    try:
        return work() or FINISHED
    except errors.NanoBananaError as error:
        if error.remedy:  # its button stands in the panel
            panel_state.show_error(error)
        operator.report({"ERROR"}, describe(error))
        return CANCELLED
    finally:
        panel_state.redraw()


def wrap_error(error: errors.NanoBananaError) -> str:
    """An error as lines that fit into the popup of a report: what happened, then what to do."""
    detail = f" ({error.detail})" if error.detail else ""
    paragraphs = (translate_sentence(error.message) + detail, translate_sentence(error.next_step))
    return " \n".join(line for text in paragraphs for line in textwrap.wrap(text, _REPORT_WIDTH))


def report_ended(operator: bpy.types.Operator, ended: Sequence[Generation]) -> set[str]:
    """Report the outcome of generations that a script waited for."""
    from ...nano_banana_addon.core.text import outcome

    for generation in ended:
        level, message = outcome.describe_end(generation)
        operator.report({level}, message)
    return FINISHED if any(g.state is State.DONE for g in ended) else CANCELLED


def report_reused(operator: bpy.types.Operator, reused: Collection[str]) -> None:
    """Report which results were reused at no cost."""
    if reused:
        count = len(reused)
        operator.report(
            {"INFO"}, translate("Reused images of an earlier identical request, at no cost: {count}", count=count)
        )


@contextmanager
def show_progress(context: bpy.types.Context) -> Iterator[Callable[[Generation], None]]:
    """Show progress at the mouse cursor while a script waits; yields a callback that takes generations."""
    from ...nano_banana_addon.core.text import progress

    manager = context.window_manager
    manager.progress_begin(0, 100)
    try:
        yield lambda generation: show_fraction(context, progress.estimate_fraction(generation, generation.changed))
    finally:
        manager.progress_end()


@contextmanager
def show_wait_cursor(context: bpy.types.Context) -> Iterator[None]:
    """Show the wait cursor while a button captures the scene, which blocks Blender."""
    window = context.window
    if window is None:
        yield
        return
    window.cursor_modal_set("WAIT")
    try:
        yield
    finally:
        window.cursor_modal_restore()


def show_fraction(context: bpy.types.Context, fraction: float, _text: str = "") -> None:
    """Set the progress at the mouse cursor, 0 ... 1."""
    context.window_manager.progress_update(int(100 * fraction))
