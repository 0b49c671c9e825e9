# SPDX-License-Identifier: GPL-3.0-or-later
"""An animatic as a video file, by Blender's renderer: as a job with a window, at once without."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import bpy
from bpy.app.handlers import persistent

from ....blender.capture import render_engine
from ....blender.capture.temporary import override_properties, remove_new_images
from ....blender.host import compat
from ....core.errors import ErrorKind, InputError, NanoBananaError
from ....core.files import convert_disk_errors, copy_whole
from ....core.storyboard.board import Panel, clean_line
from ....core.storyboard.formats import ExportChoices
from ....session import panel_state
from . import file_names, shot_facts
from .sequence import temporary_sequence

_INTERVAL = 0.2  # seconds
_FORMAT = {"media_type": "VIDEO", "file_format": "FFMPEG", "color_mode": "RGB"}
_SOUND_RATE = 192  # kbit/s


@dataclass
class _Job:
    """The video that Blender renders as a job; the handlers are called in the job's thread."""

    path: Path
    part: Path
    notes: list[str]
    frames: int
    cleanup: ExitStack
    written: int = 0
    is_complete: bool = False


@dataclass
class _State:
    job: _Job | None = field(default=None)


_state = _State()


def write(scene: bpy.types.Scene, path: Path, choices: ExportChoices) -> list[str]:
    """Write the video and return notes; Blender waits. Raises `InputError`, and `NanoBananaError` DISK."""
    with _prepared(scene, path, choices) as (sequence, part, notes):
        render_engine.run(sequence, animation=True)
        _put_in_place(part, path)
        return notes


def start(context: bpy.types.Context, path: Path, choices: ExportChoices) -> None:
    """Render the video as a job, which Blender shows with its progress and can cancel. Raises `InputError`."""
    with ExitStack() as undo:
        sequence, part, notes = undo.enter_context(_prepared(context.scene, path, choices))
        view = context.preferences.view
        _state.job = job = _Job(path, part, notes, sequence.frame_end - sequence.frame_start + 1, ExitStack())
        _watch(True)
        undo.callback(_watch, False)
        with override_properties(view, render_display_type="NONE"):
            bpy.ops.render.render("INVOKE_DEFAULT", animation=True, scene=sequence.name)
        job.cleanup = undo.pop_all()
    _show_progress(job)
    bpy.app.timers.register(_poll, first_interval=_INTERVAL, persistent=True)


@contextmanager
def _prepared(
    scene: bpy.types.Scene, path: Path, choices: ExportChoices
) -> Iterator[tuple[bpy.types.Scene, Path, list[str]]]:
    if _state.job is not None:
        raise InputError("An animatic is being rendered.", next_step="Wait until it has finished.")
    render_engine.require_idle()
    file_names.require_file_name(path)
    if not bpy.app.ffmpeg.supported:
        raise InputError("This Blender cannot write videos.", next_step="Export a board or a contact sheet.")
    project, panels = shot_facts.collect(scene, choices)
    source = shot_facts.find_scene(scene)
    dissolve, texts = choices.dissolve, choices.texts
    with (
        remove_new_images(),
        render_engine.temporary_file(choices.suffix) as part,
        temporary_sequence(source, project, panels, texts=texts, dissolve=dissolve) as sequence,
    ):
        _set_output(sequence, part, texts=texts)
        yield sequence, part, _describe_missing(panels)


def _set_output(sequence: bpy.types.Scene, part: Path, *, texts: bool) -> None:
    target = sequence.render
    target.resolution_x, target.resolution_y = (
        _make_even(side, target.resolution_percentage) for side in (target.resolution_x, target.resolution_y)
    )
    target.filepath = str(part)
    target.use_sequencer, target.use_overwrite = True, True
    target.use_compositing = target.use_border = target.use_multiview = False
    compat.set_image_format(target.image_settings, _FORMAT)
    target.image_settings.color_management = "FOLLOW_SCENE"
    video = target.ffmpeg
    video.format, video.codec, video.constant_rate_factor = "MPEG4", "H264", "HIGH"
    has_sound = any(each.type in ("SOUND", "SCENE", "MOVIE") for each in sequence.sequence_editor.strips_all)
    video.audio_codec, video.audio_bitrate = "AAC" if has_sound else "NONE", _SOUND_RATE
    for name in (each for each in dir(target) if each.startswith("use_stamp_")):
        setattr(target, name, name in ("use_stamp_frame", "use_stamp_labels"))
    target.use_stamp = texts
    target.stamp_font_size = max(round(target.resolution_y * target.resolution_percentage / 100 * 0.025), 8)


def _make_even(side: int, percentage: int) -> int:
    """The next side whose rendered length is even, as the codec needs it."""
    return next(longer for longer in range(side, side + 400) if longer * percentage // 100 % 2 == 0)


def _describe_missing(panels: Sequence[Panel]) -> list[str]:
    missing = [clean_line(p.shot.name) for p in panels if p.image is None or not p.image.is_file()]
    return [f"Without an image: {', '.join(missing)}."] if missing else []


def _put_in_place(part: Path, path: Path) -> None:
    if not part.stat().st_size:
        raise NanoBananaError(ErrorKind.INPUT, "Blender could not write the video.")
    with convert_disk_errors(f"{path.name} cannot be written to {path.parent}", "Choose another folder."):
        copy_whole(part, path, durable=False)


def _poll() -> float | None:
    job = _state.job
    if job is None:
        return None
    if bpy.app.is_job_running("RENDER"):
        _show_progress(job)
        return _INTERVAL
    _state.job = None
    with job.cleanup:
        _finish(job)
    panel_state.redraw()
    return None


def _finish(job: _Job) -> None:
    if not job.is_complete:
        panel_state.show_notice("TASK", "Cancelled.")
        return
    try:
        _put_in_place(job.part, job.path)
    except NanoBananaError as error:
        panel_state.show_error(error)
    else:
        panel_state.show_notice("TASK", file_names.describe_written(job.path, job.notes))


def _show_progress(job: _Job) -> None:
    title = f"Rendering {job.path.name}… {job.written / job.frames:.0%}"
    panel_state.show_notice("TASK", title, "Esc cancels it.")
    panel_state.redraw()


@persistent
def _count(*_: object) -> None:
    if _state.job:
        _state.job.written += 1


@persistent
def _complete(*_: object) -> None:
    if _state.job:
        _state.job.is_complete = True


def _watch(begins: bool) -> None:
    handlers = ((bpy.app.handlers.render_write, _count), (bpy.app.handlers.render_complete, _complete))
    for handler_list, handler in handlers:
        (handler_list.append if begins else handler_list.remove)(handler)
