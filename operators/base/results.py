# SPDX-License-Identifier: GPL-3.0-or-later
"""How operators tell what came of it: a report, a notice in the panel, the operator's result."""

from collections.abc import Callable, Collection, Sequence

import bpy

from ...nano_banana_addon.core import cost, progress
from ...nano_banana_addon.core.errors import ERROR_TEXTS, ErrorKind, NanoBananaError
from ...nano_banana_addon.core.result import Generation, State
from ...nano_banana_addon.session import panel_state

FINISHED, CANCELLED = {"FINISHED"}, {"CANCELLED"}


def report_errors(operator: bpy.types.Operator, work: Callable[[], set[str]]) -> set[str]:
    """Run `work`; an error of ours becomes a report and a notice instead of a traceback."""
    try:
        result = work()
    except NanoBananaError as error:
        panel_state.show_error(error)
        operator.report({"ERROR"}, error.to_sentence())
        return CANCELLED
    finally:
        panel_state.redraw()
    return result


def report_ended(operator: bpy.types.Operator, ended: Sequence[Generation]) -> set[str]:
    """Report what came of generations that a script waited for."""
    for generation in ended:
        level, words = _outcome(generation)
        operator.report({level}, words)
    return FINISHED if any(g.state is State.DONE for g in ended) else CANCELLED


def report_reused(operator: bpy.types.Operator, reused: Collection[str]) -> None:
    """Report that nothing was paid for some results."""
    if reused:
        one = len(reused) == 1
        words = "1 picture was" if one else f"{len(reused)} pictures were"
        operator.report({"INFO"}, f"{words} painted before by the same request and used again, at no cost.")


def _outcome(generation: Generation) -> tuple[str, str]:
    answer, failure = generation.answer, generation.failure
    if generation.state is State.DONE and answer and answer.result:
        price = cost.format_dollars(generation.cost_usd)
        size = f"{answer.result.width} x {answer.result.height}"
        return "INFO", f"Painted {size} ({price}). " + " ".join(answer.warnings)
    if failure:
        said = f" ({failure.detail})" if failure.detail else ""
        return "ERROR", f"{failure.message}{said} {failure.next_step}"
    if answer and answer.refusal:
        words = answer.refusal.message or ERROR_TEXTS[ErrorKind.REFUSED].message
        return "ERROR", f"{words} {answer.refusal.advice}"
    return "WARNING", progress.END_STATE_LABELS.get(generation.state, generation.state.value)


def progress_cursor(context: bpy.types.Context) -> Callable[[Generation], None]:
    """A callback that shows the progress at the mouse cursor while a script waits."""
    manager = context.window_manager
    manager.progress_begin(0, 100)

    def show(generation: Generation) -> None:
        manager.progress_update(int(100 * progress.estimate_fraction(generation, generation.changed)))

    return show
