# SPDX-License-Identifier: GPL-3.0-or-later
"""A walk through the interface as an artist does it: by clicks on what is seen, with a picture of each step.

What Blender does not name under the mouse (tabs, headers of panels) is found by clicking where it can be, until it
has done what was wanted. Clicks and seconds of each step are kept in `steps.txt`, beside the pictures.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import bpy

from tests.ui import driver
from tests.ui.driver import Mouse, Steps, picture, under, until

TAB = "Nano Banana"
_HEADER_STEP = 9  # pixels, less than half of a header's height
Place = Iterator[float | None]


class Walk:
    """An artist's hand in the largest area, from its first click on."""

    def __init__(self) -> None:
        self.window = bpy.context.window_manager.windows[0]
        self.mouse = Mouse(self.window)
        self.clicks, self.steps, self.began = 0, 0, time.monotonic()
        self.area = max(self.window.screen.areas, key=lambda each: each.width * each.height)

    @property
    def region(self) -> bpy.types.Region:
        """The sidebar."""
        return next(each for each in self.area.regions if each.type == "UI")

    @property
    def seconds(self) -> float:
        """Since the walk began."""
        return time.monotonic() - self.began

    def step(self, name: str, *, panel: bool = False) -> Steps:
        """Take the mouse away, so that no tooltip is in the picture, and keep one; of the sidebar alone, or of all."""
        yield from self.mouse.move(self.area.x + 120, self.area.y + 60)
        yield 0.8
        self.steps += 1
        name = f"{self.steps:02}-{name}"
        picture(name, self.region if panel else None)
        with (driver.OUTPUT / "steps.txt").open("a") as file:
            file.write(f"{name}: {self.clicks} clicks, {self.seconds:.1f} s\n")

    def click(self, x: float, y: float) -> Steps:
        """Click, and count it."""
        self.clicks += 1
        yield from self.mouse.click(x, y)
        yield 0.3

    def press(self, name: str) -> Steps:
        """Click a property or an operator of the sidebar; scrolls to it where it is farther down."""
        yield from self.click(*(yield from self.seek(name)))

    def seek(self, name: str) -> Place:
        """The place of a property or an operator: in what is shown, else the sidebar is scrolled through for it."""
        if place := (yield from self._find(name)):
            return place
        yield from self.scroll_up()
        while True:
            if place := (yield from self._find(name)):
                return place
            if not (yield from self.turn_wheel(8)):
                raise LookupError(f"{name} is nowhere in the sidebar")

    def _find(self, name: str) -> Place:
        """The place of a property or an operator in what is shown; None without."""
        region = self.region
        for share in (0.6, 0.93, 0.3):
            for y in range(region.y + region.height - 6, region.y, -9):
                yield from self.mouse.move(region.x + region.width * share, y)
                if name in under(self.area, region):
                    return self.mouse.x, y - 3
        return None

    def turn_wheel(self, steps: int) -> Place:
        """Scroll the sidebar down (negative: up), at its edge, where no list takes the wheel; whether it moved."""
        before = self._height()
        yield from self.mouse.move(self.region.x + 4, self.region.y + self.region.height // 2)
        for _ in range(abs(steps)):
            self.mouse.event("WHEELDOWNMOUSE" if steps > 0 else "WHEELUPMOUSE", "PRESS")
        yield 0.3
        return abs(self._height() - before) > 1

    def scroll_up(self) -> Steps:
        """To the top."""
        while (yield from self.turn_wheel(-12)):
            pass

    def _height(self) -> float:
        """Where the sidebar is scrolled to."""
        return float(self.region.view2d.region_to_view(0, 0)[1])

    def type_into(self, name: str, text: str) -> Steps:
        """Click a text field, replace what is in it, and confirm."""
        yield from self.press(name)
        yield 0.2
        yield from self.mouse.key("A", ctrl=True)
        yield from self.mouse.type(text)
        yield 0.2
        yield from self.mouse.key("RET")
        yield 0.4

    def open_sidebar(self) -> Steps:
        """N, and the tab: two presses."""
        yield from self.mouse.move(self.area.x + 300, self.area.y + 300)
        if not self.area.spaces.active.show_region_ui:
            yield from self.mouse.key("N")
        yield from until(lambda: self.region.width > 50, "the sidebar opens")
        self.clicks += 1
        yield 0.5
        edge = self.region.x + self.region.width - 10
        for y in range(self.region.y + self.region.height - 20, self.region.y, -30):
            yield from self.mouse.click(edge, y)
            yield 0.2
            if self.region.active_panel_category == TAB:
                break
        assert self.region.active_panel_category == TAB, "the tab is not there"
        self.clicks += 1

    def open_panel(self, name: str) -> Steps:
        """Click the header of a closed panel."""
        drawn = watch_draw(name)
        yield from self.scroll_up()
        yield from self._is_drawn(drawn)
        while not drawn:
            yield from self._click_headers(drawn)
            if drawn or not (yield from self.turn_wheel(8)):
                break
        assert drawn, f"no header opens {name}"
        self.clicks += 1

    def _click_headers(self, drawn: list[str]) -> Steps:
        """Click what may be a header, in the region as it is scrolled, until the panel draws."""
        x = self.region.x + self.region.width * 0.3
        y = self.region.y + self.region.height - _HEADER_STEP
        while y > self.region.y and not drawn:
            yield from self.mouse.move(x, y)
            if not under(self.area, self.region):
                yield from self.mouse.click(x, y)
                yield from self._is_drawn(drawn)
                if not drawn:
                    yield from self.mouse.click(x, y)  # closed, or open, again
                    yield 0.15
            y -= _HEADER_STEP

    def _is_drawn(self, drawn: list[str]) -> Steps:
        drawn.clear()
        self.region.tag_redraw()
        yield 0.15


def add_shots(scene: bpy.types.Scene) -> None:
    """Two cameras on the timeline."""
    for frame, name in ((1, "Wide"), (40, "Close")):
        camera = scene.camera.copy()
        camera.data = scene.camera.data.copy()
        camera.data.lens = 30 + frame
        scene.collection.objects.link(camera)
        scene.timeline_markers.new(name, frame=frame).camera = camera


def watch_draw(name: str) -> list[str]:
    """A list that gets a panel's name each time it draws."""
    cls, drawn = getattr(bpy.types, name), []
    inner: Callable = cls.draw

    def draw(self: bpy.types.Panel, context: bpy.types.Context) -> None:
        drawn.append(name)
        inner(self, context)

    cls.draw = draw
    return drawn


def close_extra_windows() -> Steps:
    """Close the windows that a step opened."""
    for window in list(bpy.context.window_manager.windows)[1:]:
        with bpy.context.temp_override(window=window):
            bpy.ops.wm.window_close()
    yield 0.5
