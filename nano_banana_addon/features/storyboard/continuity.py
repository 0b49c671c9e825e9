# SPDX-License-Identifier: GPL-3.0-or-later
"""The earlier frames that shots are sent with: of those that are generated together as needs, of others as images."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path

import bpy

from ...blender.host import folders
from ...core.constants import ANCHOR, SHEET, ReferenceRole
from ...core.request import GenerationRequest, Need, Reference
from ...core.result import Generation
from ...core.storyboard.continuity import Strength
from ...core.storyboard.shot import Shot
from ...core.text import needs
from . import board
from .shots import find_anchor

#: The most frames in a sheet.
_IN_SHEET = 9


class Linker:
    """Links the requests of some shots, in the order in which they are recorded, with frames of the whole storyboard.

    `listed` are all shots of the scene. `notes` are what the artist should know.
    """

    def __init__(self, scene: bpy.types.Scene, listed: Sequence[Shot], recorded: Sequence[Shot]) -> None:
        self._scene, self._listed = scene, listed
        self._anchor = find_anchor(scene, listed)
        self._numbers = {shot.key: number for number, shot in enumerate(recorded)}
        self._places = {shot.key: place for place, shot in enumerate(listed)}
        self.notes: list[str] = []

    @cached_property
    def _frames(self) -> dict[str, Generation]:
        """The frames that exist, by the keys of their shots."""
        return board.find_frames(self._scene, self._listed)

    def link(self, request: GenerationRequest, shot: Shot) -> GenerationRequest:
        """The request with what its shot is sent with."""
        continuity, place, own = shot.continuity, self._places[shot.key], self._numbers[shot.key]
        previous = self._listed[place - 1] if place else None
        is_anchored = continuity.anchor != Strength.OFF and self._anchor and self._anchor.key != shot.key
        if continuity.sheet != Strength.OFF:
            request = self._add_sheet(request, continuity.sheet, self._listed[max(place - _IN_SHEET, 0) : place])
        if is_anchored and self._anchor:
            request = self._add_frame(request, own, self._anchor, continuity.anchor, ANCHOR)
        is_anchor_before = is_anchored and previous is self._anchor
        if previous and continuity.previous != Strength.OFF and not is_anchor_before:
            request = self._add_frame(request, own, previous, continuity.previous, "")
        return request

    def _add_frame(
        self, request: GenerationRequest, own: int, shot: Shot, strength: str, frame: str
    ) -> GenerationRequest:
        """With the frame of a shot: as a need if it is recorded before number `own`, else as an image if it exists."""
        partly, number = strength == Strength.PARTLY, self._numbers.get(shot.key)
        if number is not None and number < own:
            need = Need(
                f"@{number}", ReferenceRole.PREVIOUS, shot.name, required=bool(frame), frame=frame, partly=partly
            )
            return replace(request, needs=(*request.needs, need))
        picture = self._frames[shot.key].picture if shot.key in self._frames else None
        if picture is None:
            if frame:
                self.notes.append(f"The anchor {shot.name} has no image yet: other shots are generated without it.")
            return request
        reference = Reference(ReferenceRole.PREVIOUS, picture.path, shot.name, frame=frame, partly=partly)
        return needs.fit_reference(request, reference)

    def _add_sheet(self, request: GenerationRequest, strength: str, earlier: Sequence[Shot]) -> GenerationRequest:
        frames = [self._frames[shot.key] for shot in earlier if shot.key in self._frames]
        if not frames:
            return request
        path = _write_sheet(frames)
        label = f"{len(frames)} shots" if len(frames) > 1 else frames[0].request.shot
        partly = strength == Strength.PARTLY
        return needs.fit_reference(
            request, Reference(ReferenceRole.PREVIOUS, str(path), label, frame=SHEET, partly=partly)
        )


def _write_sheet(frames: Sequence[Generation]) -> Path:
    """The frames with their names in one image."""
    from ...imaging.sheets.contact_sheet import Tile, contact_sheet  # Pillow: not for those who do not need it

    tiles = [Tile(Path(frame.picture.path), frame.request.shot) for frame in frames if frame.picture]
    path = folders.ensure_incoming_folder() / f"sheet-{uuid.uuid4().hex}.png"
    contact_sheet(tiles, columns=min(len(tiles), 3)).save(path)
    return path


def order_shots(scene: bpy.types.Scene, listed: Sequence[Shot], chosen: Sequence[Shot]) -> list[Shot]:
    """The shots as they are recorded: the anchor first if another of them is sent with it, else in their order."""
    anchor = find_anchor(scene, listed)
    uses_anchor = any(shot.continuity.anchor != Strength.OFF for shot in chosen)
    return sorted(chosen, key=lambda shot: not (uses_anchor and anchor is not None and shot.key == anchor.key))


def join_existing(request: GenerationRequest, existing: Mapping[int, Generation]) -> GenerationRequest:
    """The request with the images of those that exist already, by their numbers; the others stay needed."""
    names = {f"@{number}": frame for number, frame in existing.items()}
    here = tuple(need for need in request.needs if need.generation in names)
    paths = {name: frame.picture.path for name, frame in names.items() if frame.picture}
    joined = needs.join_results(replace(request, needs=here), paths)
    return replace(joined, needs=tuple(need for need in request.needs if need not in here))
