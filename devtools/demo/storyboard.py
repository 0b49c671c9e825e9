# SPDX-License-Identifier: GPL-3.0-or-later
"""`dev.py demo storyboard`: twelve shots, three characters, two places, as strips, boards, edits and an animatic."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import bpy

from devtools.demo import story
from devtools.demo.main import EndCounter, enable, find_module
from devtools.demo.progress_line import ProgressLine

TITLE = "The Lantern"
PROMPT = "Storyboard frame in gouache, muted evening colours, clear silhouettes, visible brush strokes"
_EXAMPLE_FRAME = 71  # of the animatic: a line is spoken
FORMATS = ("PDF", "PNG", "CSV", "OTIO", "EDL", "FCPXML", "MP4")


def main(out: Path, *, live: bool) -> int:
    """Run the demo; returns the exit status."""
    line = ProgressLine(5)
    try:
        files = _run(line, out, "" if live else "offline")
    except find_module("core.errors").NanoBananaError as error:
        sys.stderr.write(f"\n{error.to_sentence()}\n")
        return 1
    sys.stderr.write(f"\nThe demo took {line.elapsed():.0f} s and wrote into {out}:\n")
    sys.stderr.writelines(f"  {file.name}\n" for file in files)
    return 0


def _run(line: ProgressLine, out: Path, provider: str) -> list[Path]:
    line.begin("Building the scene")
    bpy.ops.wm.read_factory_settings(use_empty=True)
    enable()
    scene = bpy.context.scene
    story.build(scene)
    set_up_shots(scene)
    choices = scene.nano_banana
    choices.prompt, choices.shading = PROMPT, "SOLID"
    choices.image_size, choices.aspect_ratio = "1K", "16:9"
    bpy.ops.wm.save_as_mainfile(filepath=str(out / "storyboard.blend"))
    line.end(f"{len(story.SHOTS)} shots")
    line.begin("Drawing the cast's sheets")
    add_cast(line.show)
    line.end(f"{len(scene.nano_banana.cast)} members")
    line.begin("Generating the shots")
    count = _generate(line, provider)
    line.end(f"{count} of {len(story.SHOTS)} shots")
    line.begin(f"Moving {story.FIGURES[-1].name}")
    line.end(f"{_count_stale(scene)} of {len(story.SHOTS)} shots are stale, which see it")
    line.begin("Writing boards and edits")
    files = [*export(out, line.show), *_write_examples(out)]
    bpy.ops.wm.save_mainfile()
    line.end()
    return [*files, out / "storyboard.blend"]


def set_up_shots(scene: bpy.types.Scene) -> None:
    """Make the list of shots of the markers, with what is said of each; all are sent with the first one's look."""
    bpy.ops.nano_banana.shots_update(origin="MARKERS")
    storyboard = scene.nano_banana.storyboard
    storyboard.anchor, storyboard.previous = "PARTLY", "OFF"
    for entry, shot in zip(storyboard.shots, story.SHOTS, strict=True):
        entry.prompt = shot.action
        entry.action, entry.dialogue, entry.notes = shot.action, shot.dialogue, shot.notes


def add_cast(show: Any = lambda *_: None) -> None:
    """The characters and the places, each with a drawn sheet; `show` is told how far it is, and whose turn it is."""
    members = find_module("features.storyboard.cast.members")
    figures = [("CHARACTER", figure.name, figure.description) for figure in story.FIGURES]
    cast = [*figures, *(("PLACE", name, description) for name, description in story.PLACES.items())]
    for number, (kind, name, description) in enumerate(cast):
        show(number / len(cast), name)
        member = members.add(bpy.context.scene, kind, name)
        member.description, member.collection = description, bpy.data.collections[name]
        bpy.ops.nano_banana.cast_sheet()


def _generate(line: ProgressLine, provider: str) -> int:
    orders = find_module("features.storyboard.orders")
    settings = find_module("features.generation.scene_settings").settings_of(bpy.context.scene)
    line.show(0.0, "capturing")
    order = orders.prepare(bpy.context, settings.replace_choices({"provider": provider}))
    show = EndCounter(line, len(order.requests), "shots")
    return sum(generation.picture is not None for generation in orders.run(order, show))


def _count_stale(scene: bpy.types.Scene) -> int:
    """How many shots a step aside of the last character makes stale; it is taken back."""
    root, stale = bpy.data.objects[story.FIGURES[-1].name], find_module("features.storyboard.stale")
    root.delta_location.x += 0.1
    bpy.ops.nano_banana.storyboard_check()
    count = len(stale.list_due(scene))
    root.delta_location.x -= 0.1
    bpy.ops.nano_banana.storyboard_check()
    return count


def export(out: Path, show: Any = lambda *_: None) -> list[Path]:
    """Write the storyboard in each format; returns the files."""
    files = [out / f"board.{name.lower()}" for name in FORMATS]
    for number, (name, file) in enumerate(zip(FORMATS, files, strict=True)):
        show(number / len(files), file.name)
        bpy.ops.nano_banana.export_board(filepath=str(file), format=name, title=TITLE)
    return files


def _write_examples(out: Path) -> list[Path]:
    """What the manual shows beside the board: a worksheet, and a frame of the animatic."""
    worksheet, frame = out / "worksheet.pdf", out / "animatic-frame.png"
    layout = "PORTRAIT_1X3_WORKSHEET"
    bpy.ops.nano_banana.export_board(filepath=str(worksheet), format="PDF", title=TITLE, layout_name=layout)
    scene = bpy.data.scenes.new("Animatic Frame")
    try:
        scene.render.resolution_x, scene.render.resolution_y = 960, 540
        scene.render.image_settings.file_format, scene.render.filepath = "PNG", str(frame)
        scene.view_settings.view_transform = "Standard"
        editor = scene.sequence_editor_create()
        begin = scene.frame_current - _EXAMPLE_FRAME + 1
        strip = editor.strips.new_movie("Animatic", str(out / "board.mp4"), channel=1, frame_start=begin)
        strip.transform.scale_x = strip.transform.scale_y = 960 / strip.elements[0].orig_width
        bpy.ops.render.render(write_still=True, scene=scene.name)
    finally:
        bpy.data.scenes.remove(scene)
    return [worksheet, frame]
