# SPDX-License-Identifier: GPL-3.0-or-later
"""The temporary scene whose sequencer shows an animatic: the strips of the storyboard, with texts and dissolves."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import pairwise
from typing import Any

import bpy

from ....blender.capture import temporary
from ....blender.deliver import strip
from ....blender.host import compat
from ....core.storyboard.board import Panel, Project, clean_line
from ....identity import SCENE_PROPERTY
from .. import board

#: Heights of texts, and their distance from the frame's border, in parts of the frame's height and width.
_LABEL, _DIALOGUE, _MARGIN = 0.032, 0.042, 0.02
_WRAP = 0.9
_BOX = (0.0, 0.0, 0.0, 0.55)
#: What Blender 4.5 holds of a text.
_LONGEST_TEXT = 500


@contextmanager
def temporary_sequence(
    scene: bpy.types.Scene, project: Project, panels: Sequence[Panel], *, texts: bool, dissolve: int
) -> Iterator[bpy.types.Scene]:
    """A scene that shows the shots of `scene` as its storyboard does; removed at the end.

    What was added to the storyboard's sequencer by hand (sound, titles, grading) is in it. `dissolve` is the number of
    frames over which each image changes into the next, before that one's shot begins; 0 for cuts.
    """
    latest = board.find_latest(scene, [panel.shot for panel in panels])
    names = [latest[panel.shot.key].name if panel.shot.key in latest else "" for panel in panels]
    sequence = _copy_board(scene)
    try:
        strips = sequence.sequence_editor.strips
        images = [strips.get(name) if name else None for name in names]
        if dissolve:
            _add_dissolves(strips, list(zip(panels, images, strict=True)), dissolve)
        if texts:
            _add_texts(strips, project, panels, sequence.render)
        sequence.frame_start = min(panel.shot.start for panel in panels)
        sequence.frame_end = max(panel.shot.end for panel in panels) - 1
        yield sequence
    finally:
        with suppress(ReferenceError):  # another file was opened
            bpy.data.scenes.remove(sequence)


def _copy_board(scene: bpy.types.Scene) -> bpy.types.Scene:
    source = board.find_board(scene)
    sequence = source.copy() if source else strip.create_sequencer_scene(scene)
    sequence.name = f"{scene.name} Animatic"
    strip.release(sequence)
    temporary.mark_scene(sequence)
    getattr(sequence, SCENE_PROPERTY).restyle_renders = False
    sequence.sequence_editor_create()
    return sequence


def _add_dissolves(strips: Any, shots: Sequence[tuple[Panel, bpy.types.Strip | None]], length: int) -> None:
    """Let each image begin earlier, and come in over the one before, where they follow without a gap."""
    for (before_panel, before), (_, after) in pairwise(sorted(shots, key=lambda pair: pair[0].shot.start)):
        if before is None or after is None or compat.strip_span(before)[1] != compat.strip_span(after)[0]:
            continue
        start, stop = compat.strip_span(after)
        first = start - min(length, before_panel.shot.length)
        others = [each for each in strips if each != after]
        after.channel = strip.find_free_channel(others, first, stop - first)
        compat.set_strip_start(after, first)
        channel = strip.find_free_channel(strips, first, start - first)
        compat.add_effect(strips, "CROSS", (first, start), channel, (before, after))


def _add_texts(strips: Any, project: Project, panels: Sequence[Panel], render: bpy.types.RenderSettings) -> None:
    first = min(panel.shot.start for panel in panels)
    for panel in panels:
        shot = panel.shot
        begin, end = (project.format_timecode(project.start + frame - first) for frame in (shot.start, shot.end))
        label = f"{panel.number}  {clean_line(shot.name)}   {begin} – {end}"
        texts = [(label, _LABEL, (_MARGIN, 1 - _MARGIN), ("LEFT", "TOP"))]
        if dialogue := clean_line(shot.dialogue):
            texts.append((dialogue, _DIALOGUE, (0.5, 3 * _MARGIN), ("CENTER", "BOTTOM")))
        if panel.image is None:
            texts.append((clean_line(shot.action) or "No image", _DIALOGUE, (0.5, 0.5), ("CENTER", "CENTER")))
        for text, height, place, anchor in texts:
            channel = strip.find_free_channel(strips, shot.start, shot.length)
            added = compat.add_effect(strips, "TEXT", (shot.start, shot.end), channel)
            added.text = text[:_LONGEST_TEXT]
            added.font_size = max(height * render.resolution_y, 1)
            added.location = place
            added.alignment_x, (added.anchor_x, added.anchor_y) = anchor[0], anchor
            added.wrap_width = _WRAP
            added.use_box, added.box_color = True, _BOX
