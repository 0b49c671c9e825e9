# SPDX-License-Identifier: GPL-3.0-or-later
"""Which shots are missing, stale or up to date, by a digest of what their cameras see, and what a check finds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from math import ceil
from pathlib import Path

import bpy

from ...blender.host import file_session
from ...blender.shot_view.look import Look, ShotView, hash_parts
from ...core.errors import InputError
from ...core.files import compute_sha256
from ...core.request import Reference
from ...core.result import Generation
from ...core.settings import Settings
from ...core.storyboard.cuts import ShotFraming, find_problems
from ...core.storyboard.shot import Shot
from ...identity import SCENE_PROPERTY
from ...session import thumbnails
from ..references import reference_files
from . import board, shots
from .cast import shot_cast


class ShotState(StrEnum):
    """How the image of a shot stands to the scene."""

    MISSING = "MISSING"
    STALE = "STALE"
    CURRENT = "CURRENT"
    UNCHECKED = "UNCHECKED"  # an image, of which is not known whether it shows the scene as it is


@dataclass(frozen=True, slots=True)
class ShotStatus:
    """A shot's latest image: its state, its generation, the path of its thumbnail, and what it cost in US dollars."""

    state: ShotState = ShotState.MISSING
    generation: str = ""
    thumbnail: str = ""
    dollars: float | None = None


@dataclass(slots=True, eq=False)
class _Board:
    """What is known of the shots of one scene; by their keys."""

    digests: dict[str, str] = field(default_factory=dict[str, str])
    statuses: dict[str, ShotStatus] = field(default_factory=dict[str, ShotStatus])
    problems: list[str] = field(default_factory=list[str])
    is_checked: bool = False


#: By the opening of the file and the scene.
_boards: dict[tuple[str, int], _Board] = {}
_NOTHING = ShotStatus()


def _get_board(scene: bpy.types.Scene) -> _Board:
    return _boards.setdefault((file_session.current_load_id(), scene.session_uid), _Board())


def find_status(scene: bpy.types.Scene, key: str) -> ShotStatus:
    """What was last seen of a shot. For draw()."""
    return _get_board(scene).statuses.get(key, _NOTHING)


def get_problems(scene: bpy.types.Scene) -> Sequence[str]:
    """What the last check found, as sentences. For draw()."""
    return _get_board(scene).problems


def is_checked(scene: bpy.types.Scene) -> bool:
    """Whether the shots were checked since the file was opened. For draw()."""
    return _get_board(scene).is_checked


def compute_digest(
    context: bpy.types.Context, settings: Settings, pictures: Sequence[Reference], view: ShotView | None = None
) -> str:
    """A digest of what the scene's camera sees at the present frame, of the prompt and of the references."""
    view = view or Look().take(context, settings)
    references = [(r.role.value, r.label, _hash_file(Path(r.path))) for r in pictures]
    return hash_parts([view.digest, settings.prompt, *references]).hex()


def _hash_file(path: Path) -> str:
    """Of a reference, which many shots share. Raises `InputError` for a file that cannot be read."""
    try:
        status = path.stat()
        return _hash_state(path, status.st_mtime_ns, status.st_size)
    except OSError as error:
        raise InputError(f"The reference {path} cannot be read.", next_step="Choose another file.") from error


@lru_cache(maxsize=64)
def _hash_state(path: Path, _changed: int, _size: int) -> str:
    return compute_sha256(path)


def check(context: bpy.types.Context, settings: Settings, pictures: Sequence[Reference] | None = None) -> None:
    """Look through the camera of each shot, and compare with what its image was captured from.

    Raises `InputError` for shots or references that cannot be generated.
    """
    scene, look = context.scene, Look()
    listed = shots.get_shots(scene)
    pictures = reference_files.choose_references(scene) if pictures is None else pictures
    known = _get_board(scene)
    known.digests.clear()
    framings: list[ShotFraming] = []
    cast_count, cast_problems = 0, list[str]()
    with _keep_frame(scene):
        for shot in listed:
            own = shots.apply_overrides(settings, shot)
            start = _look_at(context, look, own, shot, shot.start)
            cast = shot_cast.choose_references(context, own, shot, pictures)
            known.digests[shot.key] = compute_digest(context, own, (*pictures, *cast), start)
            cast_count += len(cast)
            cast_problems += shot_cast.find_problems(shot, *shot_cast.fit(context, own, shot))
            moves = bool(bpy.data.actions) and shot.length > 1
            end = _look_at(context, look, own, shot, shot.end - 1) if moves else start
            framings.append(ShotFraming(shot.name, start.subjects, end.subjects))
    known.problems[:] = [*_find_list_problems(scene, listed), *find_problems(framings), *cast_problems]
    getattr(scene, SCENE_PROPERTY).cast_images = ceil(cast_count / len(listed))
    known.is_checked = True
    refresh(scene)


def _look_at(context: bpy.types.Context, look: Look, settings: Settings, shot: Shot, frame: int) -> ShotView:
    context.scene.frame_set(frame)
    context.scene.camera = bpy.data.objects[shot.camera]
    return look.take(context, settings)


@contextmanager
def _keep_frame(scene: bpy.types.Scene) -> Iterator[None]:
    frame, subframe, camera = scene.frame_current, scene.frame_subframe, scene.camera
    try:
        yield
    finally:
        scene.frame_set(frame, subframe=subframe)
        scene.camera = camera


def _find_list_problems(scene: bpy.types.Scene, listed: Sequence[Shot]) -> Iterator[str]:
    """What is odd about the shots' frames."""
    by_start: dict[int, str] = {}
    for shot in listed:
        name = shots.shorten(shot.name)
        if shot.start in by_start:
            yield f"{by_start[shot.start]} and {name} begin at frame {shot.start}: their strips lie over each other."
        by_start.setdefault(shot.start, name)
        if not scene.frame_start <= shot.start <= scene.frame_end:
            yield f"{name} is at frame {shot.start}, outside of the scene's {scene.frame_start} to {scene.frame_end}."


def refresh(scene: bpy.types.Scene) -> None:
    """Read again which images the shots have. Opens the history only where there are any."""
    known, listed = _get_board(scene), shots.list_shots(scene)
    strips = board.find_latest(scene, listed)
    frames = board.find_generations(strips) if strips else {}
    known.statuses.clear()
    for key, strip in strips.items():
        known.statuses[key] = _build_status(known.digests.get(key, ""), board.get_seen(strip), frames.get(key))


def record_delivery(generation: Generation) -> None:
    """Show the image that a shot has got."""
    request = generation.request
    scene, id = request.delivery.scene, request.shot_id
    if not id or scene is None or scene.file_session != file_session.current_load_id():
        refresh_all()
        return
    known = _boards.setdefault((scene.file_session, scene.session_uid), _Board())
    known.statuses[id] = _build_status(known.digests.get(id, ""), request.seen, generation)


def _build_status(now: str, seen: str, generation: Generation | None) -> ShotStatus:
    state = ShotState.CURRENT if now == seen else ShotState.STALE
    if not now or not seen:
        state = ShotState.UNCHECKED
    if generation is None:
        return ShotStatus(state)
    thumbnails.load(generation.thumbnail)
    return ShotStatus(state, generation.id, generation.thumbnail, generation.cost_usd)


def refresh_all() -> None:
    """Read again which images the shots of the open file have; forget those of other files."""
    load_id = file_session.current_load_id()
    for key in [key for key in _boards if key[0] != load_id]:
        del _boards[key]
    for scene in bpy.data.scenes:
        if not scene.library and board.find_board(scene) not in (None, scene):
            refresh(scene)


def number_due(scene: bpy.types.Scene, keys: Sequence[str]) -> list[int]:
    """The places of the shots that are missing or stale by the last check. For draw()."""
    statuses, due = _get_board(scene).statuses, (ShotState.MISSING, ShotState.STALE)
    return [number for number, key in enumerate(keys) if statuses.get(key, _NOTHING).state in due]


def list_due(scene: bpy.types.Scene) -> tuple[Shot, ...]:
    """The shots that are missing or stale by the last check."""
    listed = shots.list_shots(scene)
    return tuple(listed[number] for number in number_due(scene, [shot.key for shot in listed]))


def require_due(scene: bpy.types.Scene) -> tuple[Shot, ...]:
    """The same. Raises `InputError` where there is none."""
    if due := list_due(scene):
        return due
    raise InputError("All shots are up to date.", next_step="Use All Again to pay for all of them again.")
