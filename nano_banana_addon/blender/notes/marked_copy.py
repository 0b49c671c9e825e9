# SPDX-License-Identifier: GPL-3.0-or-later
"""The copy of a captured image that shows where the notes point and what was drawn over the scene."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import bpy

from ...core import models
from ...core.constants import ReferenceRole
from ...core.errors import InputError
from ...core.models import Manner
from ...core.request import Reference
from ...core.scene.capture import Capture, SceneNote
from ...core.settings import Settings
from ...core.text.prompts import name_marked_copy
from ...imaging.marks import draw_marks
from ..capture.pixels import write_structure
from . import places


@dataclass(frozen=True, slots=True)
class MarkedCopy:
    """The copy as a reference, the notes on it, and what the artist should know; without any mark there is no copy."""

    reference: Reference | None = None
    notes: tuple[SceneNote, ...] = ()
    told: tuple[str, ...] = ()


def draw_marked_copy(
    context: bpy.types.Context, settings: Settings, capture: Capture, image: Path, folder: Path
) -> MarkedCopy:
    """Draw what is chosen onto a copy of the image file that was captured just now, written into `folder`.

    A model that takes captions only gets no copy. Raises `InputError` for an image without a plane.
    """
    from ...imaging.formats.preparation import open_drawn  # Pillow: not for those who do not need it

    if capture.view is None:
        raise InputError(
            "Notes and annotations have no place in this image: its camera is panoramic or has changed.",
            next_step="Choose a perspective or orthographic camera, or switch them off under Notes.",
        )
    projection = places.Projection(capture.view)
    notes, told = places.place_notes(context, settings, capture, projection) if settings.notes else ((), ())
    strokes, told_strokes = places.read_strokes(context.scene, projection) if settings.annotations else ((), ())
    is_marked = bool(notes or strokes) and models.find(settings.model_id).manner is Manner.INSTRUCTION
    if not is_marked:
        return MarkedCopy(None, notes, told + told_strokes)
    pixels = draw_marks(open_drawn(image), [(note.number, note.x, note.y) for note in notes], strokes)
    label = name_marked_copy(numbers=bool(notes), strokes=bool(strokes))
    reference = replace(write_structure(pixels, folder, label), role=ReferenceRole.GUIDE)
    return MarkedCopy(reference, notes, told + told_strokes)
