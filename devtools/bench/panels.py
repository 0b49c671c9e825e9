# SPDX-License-Identifier: GPL-3.0-or-later
"""What each panel takes to draw with 50 references, 50 shots, 50 results and 50 layers: milliseconds that are felt
whenever the mouse passes over the sidebar. Drawn on a layout that only counts, so that our own share is measured."""

from __future__ import annotations

import argparse
import time
import types
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

from .support.history_panel import CountingLayout, find_module
from .support.rows import ROUNDS, Row, limit, measure_in_turns

COUNT = 50
HOLD = 2.0  # milliseconds
_REPEATS = 5  # draws for one figure
_LISTS = {"results": "active_result", "shots": "active_shot"}


def measure(argv: list[str]) -> list[Row]:
    """A row for each panel, the slowest first."""
    parser = argparse.ArgumentParser(prog="bench panels", description=__doc__)
    parser.add_argument("--count", type=int, default=COUNT)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    options = parser.parse_args(argv)
    fill_scene(options.count)
    with _enter_sidebar():
        cases = {
            f"draw {name}": lambda draw=draw: 1e3 * _time_draw(draw)
            for name, draw in [*_list_panels(), *_list_rows(options.count)]
        }
        figures = measure_in_turns(cases, options.rounds)
    rows = [limit(name, "ms", values, HOLD) for name, values in figures.items()]
    return sorted(rows, key=lambda row: -row.ours)


def _time_draw(draw: Callable[[], None]) -> float:
    """Seconds of the processor that a draw takes: what else the machine does would hide so short a time."""
    start = time.thread_time()
    for _ in range(_REPEATS):
        draw()
    return (time.thread_time() - start) / _REPEATS


def _enter_sidebar() -> AbstractContextManager[None]:
    """The sidebar of a 3D view as the context."""
    import bpy

    window = bpy.context.window_manager.windows[0]
    area = max(window.screen.areas, key=lambda each: each.width * each.height)
    area.type = "VIEW_3D"
    region = next(each for each in area.regions if each.type == "UI")
    override: AbstractContextManager[None] = bpy.context.temp_override(window=window, area=area, region=region)
    return override


def fill_scene(count: int) -> None:
    """So many references, shots, results, jobs and layers in the open file."""
    import bpy

    scene = bpy.context.scene
    choices, shown = scene.nano_banana, find_module("session.panel_state").get_properties()
    choices.prompt, shown.has_generated = "a bench of {material}", True
    bpy.context.preferences.addons[_package()].preferences.provider = "google"
    for number in range(count):
        entry = choices.references.add()
        entry.name, entry.path = f"reference {number}", f"/nowhere/{number}.png"
        item = shown.results.add()
        item.name, item.title, item.state = f"{number:032x}", f"a result, number {number}", "DONE"
        find_module("features.layers").add_image(scene, bpy.data.images.new(f"layer {number}", 4, 4), [])
    scene.camera = scene.camera or _add_camera(scene)
    scene.frame_start, scene.frame_end = 1, count * 10
    find_module("features.storyboard.shot_list").update(scene, "FRAMES", 10)
    if len(choices.storyboard.shots) != count:
        raise RuntimeError(f"{len(choices.storyboard.shots)} shots, not {count}")


def _package() -> str:
    return str(find_module("session.panel_state").__package__).rsplit(".", 2)[0]


def _add_camera(scene: Any) -> Any:
    import bpy

    camera = bpy.data.objects.new("Camera", bpy.data.cameras.new("Camera"))
    scene.collection.objects.link(camera)
    return camera


def _list_panels() -> Iterator[tuple[str, Callable[[], None]]]:
    """Each panel and menu with its poll, as often as the editor in which it stands draws it."""
    import bpy

    for base in (bpy.types.Panel, bpy.types.Menu):
        for cls in base.__subclasses__():
            if not cls.__module__.startswith(_package()) or not _can_draw(cls):
                continue
            yield cls.__name__.removeprefix("NANO_BANANA_"), lambda cls=cls: _draw(cls)


def _can_draw(cls: type) -> bool:
    """Whether it belongs into the 3D view of this context."""
    return getattr(cls, "bl_space_type", "VIEW_3D") == "VIEW_3D" and hasattr(cls, "draw")


def _draw(cls: Any) -> None:
    import bpy

    panel = types.SimpleNamespace(layout=CountingLayout())
    if hasattr(cls, "poll") and not cls.poll(bpy.context):
        return
    if hasattr(cls, "draw_header_preset"):
        cls.draw_header_preset(panel, bpy.context)
    cls.draw(panel, bpy.context)


def _list_rows(count: int) -> Iterator[tuple[str, Callable[[], None]]]:
    """All rows of each list, of which Blender draws only those that are seen."""
    import bpy

    shown = find_module("session.panel_state").get_properties()
    groups = {"results": shown, "shots": bpy.context.scene.nano_banana.storyboard}
    for name, group in groups.items():
        yield f"{count} rows of {name}", lambda name=name, group=group: _draw_rows(name, group)


def _draw_rows(name: str, group: Any) -> None:
    import bpy

    cls = getattr(bpy.types, f"NANO_BANANA_UL_{name}")
    for index, item in enumerate(getattr(group, name)):
        cls.draw_item(None, bpy.context, CountingLayout(), group, item, 0, group, _LISTS[name], index)
