# SPDX-License-Identifier: GPL-3.0-or-later
"""Textures whose images are complete, baked step by step between Blender's redraws, applied as one undo step.

What is drawn before images are asked for waits its turn with them. Holds values and, while it projects, textures of the
GPU; no data-blocks. What is cancelled, or belongs to another file, is not lost: the images are in the history.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import bpy

from ...blender.host import file_session
from ...blender.host.progress_steps import ProgressStep
from ...core.errors import ErrorKind, InputError, NanoBananaError
from ...core.result import Generation
from ...session import apply_result, panel_state, pump
from . import apply_maps
from .apply_maps import TextureReport
from .maps import bake_maps
from .maps.bake_maps import TextureMaps

log = logging.getLogger(__name__)

#: Told when what a texture needs of the open file is in another one.
ANOTHER_FILE = ("The next views of a texture need another file.", "Open that file to continue the texture.")
#: How often it is tried again while the artist is in the middle of something.
_WAIT = 0.2


@dataclass(slots=True, eq=False)
class _Bake:
    """One texture's bake and its current step."""

    generations: list[Generation]
    steps: Generator[ProgressStep, None, TextureMaps]
    stopped = (
        "Baking was cancelled; nothing in the file has changed.",
        "Its images are in Results: choose Bake Texture on one of them.",
    )
    elsewhere = (
        "The views of a texture were generated for another file.",
        "They are in the history. Open that file and choose Bake Texture on one of them.",
    )

    @property
    def ids(self) -> tuple[str, ...]:
        """The images' ids."""
        return tuple(generation.id for generation in self.generations)

    def belongs_here(self) -> bool:
        """Whether the open file is the one that the images were generated for."""
        return all(apply_result.is_for_open_file(generation.request) for generation in self.generations)

    def finish(self, maps: TextureMaps) -> None:
        """Apply the texture."""
        _record(self, _apply(maps))


@dataclass(slots=True, eq=False)
class _Drawing:
    """What is drawn for requests, whether the file is open for that, and what is done with the result.

    `ids` are the recorded requests that wait for it, `give_up` what becomes of these when it is cancelled.
    """

    steps: Generator[ProgressStep, None, Any]
    belongs_here: Callable[[], bool]
    finish: Callable[[Any], object]
    ids: tuple[str, ...] = ()
    give_up: Callable[[], object] = lambda: None
    elsewhere: tuple[str, str] = ("Drawing ended when another file was opened; nothing was sent.", "")
    stopped = ("Drawing was cancelled; nothing was sent.", "")


_queue: list[_Bake | _Drawing] = []
#: How the latest bakes ended, by the ids of their images: the texture, or why there is none.
_outcomes: dict[tuple[str, ...], TextureReport | NanoBananaError] = {}
_MAX_OUTCOMES = 32
_is_stepped = [False]


@contextmanager
def stepped() -> Generator[None]:
    """Without a window: leave bakes that start here to calls of `step`."""
    before, _is_stepped[0] = _is_stepped[0], True
    try:
        yield
    finally:
        _is_stepped[0] = before


def find_outcome(generation_id: str) -> TextureReport | NanoBananaError | None:
    """How the latest bake of an image ended in this session of Blender; None while there was none."""
    found = [outcome for ids, outcome in _outcomes.items() if generation_id in ids]
    return found[-1] if found else None


def is_pending(generation_id: str) -> bool:
    """Whether an image is being baked, or waits for that."""
    return any(generation_id in bake.ids for bake in _queue)


def start(
    generations: Sequence[Generation],
    size: int = 0,
    forced: Collection[str] = (),
    remove_light: float | None = None,
) -> None:
    """Bake some images and apply them: step by step with a window, at once without one."""
    push(generations, size, forced, remove_light)
    _begin()


def draw(steps: Generator[ProgressStep, None, Any], finish: Callable[[Any], object]) -> None:
    """Carry out other steps in the same way; `finish` takes their result, and may raise `NanoBananaError` as they.

    They end when another file is opened. Where there is nothing to wait for, they are done at once. Raises `InputError`
    while others are drawn: what they order could be ordered twice (from the search menu, which knows no grey buttons).
    """
    load_id = file_session.current_load_id()
    try:
        first_step = next(steps)
    except StopIteration as end:
        finish(end.value)
        return
    if reason := find_blocker():
        raise InputError(reason, next_step="Wait until it has finished.")
    _show_progress(*first_step)
    _queue.append(_Drawing(steps, lambda: load_id == file_session.current_load_id(), finish))
    _begin()


def draw_for(
    id: str,
    steps: Generator[ProgressStep, None, None],
    belongs_here: Callable[[], bool],
    give_up: Callable[[], object],
) -> None:
    """Carry out the steps that a recorded request waits for, while the file is open to which that `belongs_here`.

    `give_up` is called when they are cancelled.
    """
    _queue.append(_Drawing(steps, belongs_here, lambda _: None, (id,), give_up, ANOTHER_FILE))
    _begin()


def find_blocker() -> str:
    """A sentence while something is drawn for requests that are not recorded yet, or waits for that; else ""."""
    is_drawing = any(isinstance(each, _Drawing) and not each.ids for each in _queue)
    return "Images for another request are being drawn." if is_drawing else ""


def _begin() -> None:
    if bpy.app.background:
        while _queue and not _is_stepped[0]:
            step()
    elif not bpy.app.timers.is_registered(_tick):
        bpy.app.timers.register(_tick, first_interval=0.0, persistent=True)


def push(
    generations: Sequence[Generation],
    size: int = 0,
    forced: Collection[str] = (),
    remove_light: float | None = None,
) -> None:
    """Append a bake to the queue; each timer call runs a step."""
    _queue.append(_Bake(list(generations), bake_maps.bake_maps_steps(generations, size, forced, remove_light)))


def count_pending() -> int:
    """How many are being baked or queued."""
    return len(_queue)


def stop() -> None:
    """Cancel all bakes."""
    _queue.clear()
    _show_progress(0.0, "")
    if bpy.app.timers.is_registered(_tick):
        bpy.app.timers.unregister(_tick)


def cancel() -> None:
    """Cancel the running bake; nothing changes, and its images can be baked later."""
    if _queue:
        first = _queue[0]
        _drop(first)
        panel_state.show_notice("NOTE", *first.stopped)
        if isinstance(first, _Drawing):
            first.give_up()


def _tick() -> float | None:
    if not _queue:
        return None
    if pump.is_modal_operator_running():
        return _WAIT
    first = _queue[0]
    try:
        step()
    except Exception:  # the top of the timer
        log.exception("a texture could not be baked")
        _drop(first)
        panel_state.show_error(NanoBananaError(ErrorKind.INTERNAL))
    panel_state.redraw()
    return 0.0 if _queue else None


def step() -> None:
    """Run one step of the first bake; after the last one the texture is applied."""
    bake = _queue[0]
    if not bake.belongs_here():
        _drop(bake)
        panel_state.show_notice("ELSEWHERE", *bake.elsewhere)
        return
    try:
        try:
            _show_progress(*next(bake.steps))
        except StopIteration as end:
            _drop(bake)
            bake.finish(end.value)
    except NanoBananaError as error:
        _drop(bake)
        panel_state.show_error(error)
        if isinstance(bake, _Bake):
            _record(bake, error)


def _apply(maps: TextureMaps) -> TextureReport | NanoBananaError:
    try:
        return apply_maps.apply_maps(maps)
    except NanoBananaError as error:
        panel_state.show_error(error)
        return error


def _record(bake: _Bake, outcome: TextureReport | NanoBananaError) -> None:
    _outcomes.pop(bake.ids, None)
    _outcomes[bake.ids] = outcome
    while len(_outcomes) > _MAX_OUTCOMES:
        del _outcomes[next(iter(_outcomes))]


def _drop(bake: _Bake | _Drawing) -> None:
    if bake in _queue:
        _queue.remove(bake)
    bake.steps.close()
    _show_progress(0.0, "")


def _show_progress(fraction: float, text: str) -> None:
    properties = panel_state.get_properties()
    properties.baking, properties.baking_fraction = text, fraction
