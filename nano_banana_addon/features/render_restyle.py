# SPDX-License-Identifier: GPL-3.0-or-later
"""A still that the artist rendered with F12 is restyled, where the scene asks for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import bpy
from bpy.app.handlers import persistent

from ..blender.host import file_session
from ..identity import SCENE_PROPERTY
from ..session import announcements, panel_state
from .generation import readiness

if TYPE_CHECKING:
    from .generation.offers import Offer

_DELAY = 0.2  # seconds until Blender has shown the result


class _Render:
    """The render under way; the handlers are called in its thread."""

    frames = 0
    is_written = False  # to a file, as frames of an animation are
    scene = ""  # the name of the one to restyle
    confirmed = ""  # the opening of a file in which the artist has asked for it


_render = _Render()


@persistent
def _begin(*_: object) -> None:
    _render.frames, _render.is_written = 0, False


@persistent
def _count(*_: object) -> None:
    _render.frames += 1


@persistent
def _mark_written(*_: object) -> None:
    _render.is_written = True


@persistent
def _finish(scene: bpy.types.Scene, *_: object) -> None:
    """Only renders that the artist starts run as jobs: those of captures and scripts wait in the main thread."""
    is_still = _render.frames == 1 and not _render.is_written
    if is_still and is_wanted(scene) and bpy.app.is_job_running("RENDER"):
        _render.scene = scene.name
        bpy.app.timers.register(_restyle, first_interval=_DELAY)


def is_wanted(scene: bpy.types.Scene) -> bool:
    """Whether a render of a scene is restyled; never without a window."""
    return not bpy.app.background and bool(getattr(scene, SCENE_PROPERTY).restyle_renders)


def is_confirmed() -> bool:
    """Whether the artist has asked for it since the file was opened: it may have been saved by somebody else."""
    return _render.confirmed == file_session.current_load_id()


def confirm() -> None:
    """Note that the artist has asked for it in the open file."""
    _render.confirmed = file_session.current_load_id()


def ask_once(offer: Offer) -> Offer:
    """The offer that asks whatever it costs; where it is accepted, the next render of the file is not asked about."""

    def accept(send: Callable[[], object]) -> object:
        confirm()
        return send()

    return replace(offer, asks=True, use=partial(accept, offer.use), again=partial(accept, offer.again))


def _restyle() -> float | None:
    if bpy.app.is_job_running("RENDER"):
        return _DELAY
    windows = bpy.context.window_manager.windows
    window = next((each for each in windows if each.scene.name == _render.scene), None)
    if window is None:
        return None
    with bpy.context.temp_override(window=window):
        problem = readiness.find_blocker(bpy.context)
        try:
            if not problem:
                bpy.ops.nano_banana.restyle_render("INVOKE_DEFAULT", confirm=not is_confirmed())
        except RuntimeError as error:  # what the operator reported
            problem = str(error).removeprefix("Error: ").strip()
    if problem:
        panel_state.show_notice("NOTE", f"The render was not restyled. {problem}")
        announcements.announce("The render was not restyled: see the Nano Banana tab.", "WARNING")
    return None


def _list_handlers() -> tuple[tuple[str, object], ...]:
    return (
        ("render_init", _begin),
        ("render_post", _count),
        ("render_write", _mark_written),
        ("render_complete", _finish),
    )


def register() -> None:
    """Begin to watch renders."""
    for name, handler in _list_handlers():
        getattr(bpy.app.handlers, name).append(handler)


def unregister() -> None:
    """End it."""
    for name, handler in _list_handlers():
        handlers = getattr(bpy.app.handlers, name)
        if handler in handlers:
            handlers.remove(handler)
    if bpy.app.timers.is_registered(_restyle):
        bpy.app.timers.unregister(_restyle)
