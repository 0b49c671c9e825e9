# SPDX-License-Identifier: GPL-3.0-or-later
"""A storyboard written as a file: at once for scripts, in the background for the button."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import bpy

from ....core.storyboard.formats import ExportChoices
from ....session import background_tasks
from . import file_names, shot_facts, video


def write(scene: bpy.types.Scene, path: Path, choices: ExportChoices) -> list[str]:
    """Write the file and return notes; Blender waits. Raises `InputError`, and `NanoBananaError` DISK."""
    if choices.is_video:
        return video.write(scene, path, choices)
    return _build_work(scene, path, choices)(lambda _: None)


def start(context: bpy.types.Context, path: Path, choices: ExportChoices) -> None:
    """Begin to write the file: a video as a render job, all else in a thread. Raises `InputError`."""
    if choices.is_video:
        video.start(context, path, choices)
        return
    work = _build_work(context.scene, path, choices)
    task = background_tasks.Task(f"Writing {path.name}…")
    background_tasks.start(lambda: file_names.describe_written(path, work(task.advance)), task.title, task)


def _build_work(
    scene: bpy.types.Scene, path: Path, choices: ExportChoices
) -> Callable[[Callable[[float], None]], list[str]]:
    file_names.require_file_name(path)
    project, panels = shot_facts.collect(scene, choices)

    def work(on_progress: Callable[[float], None]) -> list[str]:
        from ....imaging.board.files import write_board  # Pillow

        return write_board(path, project, panels, choices, on_progress)

    return work
