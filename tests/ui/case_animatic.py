# SPDX-License-Identifier: GPL-3.0-or-later
"""An animatic from the Export panel: rendered as a job, which leaves nothing behind but its file."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import bpy

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from devtools.demo import scene as still_life
from tests.ui.driver import Mouse, Steps, find, open_panel, picture, play, provide_google, sidebar, until

SHOTS = ("Wide", "Jug")
LENGTH = 24


def set_the_stage() -> None:
    """The demo's still life with two cameras on the timeline, and their images as strips."""
    for each in list(bpy.data.objects):
        bpy.data.objects.remove(each)
    still_life.build()
    scene = bpy.context.scene
    choices = scene.nano_banana
    choices.image_size, choices.shading = "1K", "SOLID"
    choices.prompt = "Oil painting of a still life in golden light"
    scene.frame_end = LENGTH * len(SHOTS)
    for number, name in enumerate(SHOTS):
        camera = scene.camera.copy()
        camera.data = scene.camera.data.copy()
        camera.data.lens += 20 * number
        scene.collection.objects.link(camera)
        scene.timeline_markers.new(name, frame=1 + LENGTH * number).camera = camera


def export(mouse: Mouse, path: Path) -> Steps:
    """Press Animatic, name the file, press the browser's button."""
    area, region = yield from sidebar("VIEW_3D", "Export")
    x, y = yield from find(mouse, area, region, "export_board(format='MP4'")
    yield from mouse.click(x, y)
    window = bpy.context.window_manager.windows[0]
    yield from until(lambda: window.screen.areas[0].type == "FILE_BROWSER", "the file browser opens")
    browser = window.screen.areas[0]
    yield from until(lambda: browser.spaces[0].params is not None, "the file browser is ready")
    assert browser.spaces[0].params.filename.endswith(".mp4")
    browser.spaces[0].active_operator.dissolve = 6
    browser.spaces[0].params.directory, browser.spaces[0].params.filename = str(path.parent).encode(), path.name
    yield 1.0
    picture("animatic-browser")
    main = next(r for r in browser.regions if r.type == "WINDOW")
    with bpy.context.temp_override(window=window, area=browser, region=main):
        bpy.ops.file.execute()
    yield 0.3


def case() -> Steps:
    simulator = provide_google()
    set_the_stage()
    bpy.context.preferences.view.filebrowser_display_type = "SCREEN"
    assert bpy.ops.nano_banana.storyboard("EXEC_DEFAULT") == {"FINISHED"}
    open_panel("NANO_BANANA_PT_export_board", "Export")
    mouse = Mouse(bpy.context.window_manager.windows[0])
    shown = bpy.context.window_manager.nano_banana
    folder = Path(tempfile.mkdtemp())
    scenes = len(bpy.data.scenes)
    location = bpy.data.objects["Pear Lying"].location.copy()

    yield from export(mouse, folder / "film.mp4")
    yield from until(lambda: shown.notice.startswith("Rendering film.mp4"), "it tells how far it is")
    picture("animatic-job")
    yield from until(lambda: shown.notice.startswith("Wrote"), "the video is there", 120)
    assert [file.name for file in folder.iterdir()] == ["film.mp4"]
    assert len(bpy.data.scenes) == scenes
    assert bpy.data.objects["Pear Lying"].location == location
    assert bpy.context.preferences.view.render_display_type != "NONE"
    clip = bpy.data.movieclips.load(str(folder / "film.mp4"))
    assert clip.frame_duration == LENGTH * len(SHOTS), clip.frame_duration
    bpy.data.movieclips.remove(clip)
    simulator.stop()


play(case)
