# SPDX-License-Identifier: GPL-3.0-or-later
"""Boards as PDF, written by reportlab, which is imported when one is."""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Any, BinaryIO

from ...core.errors import NanoBananaError
from ...core.storyboard.board import Panel, Project, clean_line
from ...core.storyboard.layouts import LAYOUTS, Layout
from . import images
from .page import Cell, Page, Rectangle, lay_out
from .typesetter import FONT_FILE, LEADING, Typesetter

_FONT = "NanoBananaBoard"
_INK, _GREY, _RULE = (0.1, 0.1, 0.1), (0.4, 0.4, 0.4), (0.75, 0.75, 0.75)
_HEADING_SIZE, _SMALL_SIZE = 13.0, 8.0
_RULE_GAP = 18.0
_MOST_NAMED = 5  # in a note


def write_pdf(
    file: BinaryIO,
    project: Project,
    panels: Sequence[Panel],
    layout: str,
    paper: str,
    *,
    web: bool = False,
    on_progress: Callable[[float], None] = lambda _: None,
) -> list[str]:
    """Write the board; returns sentences on what is not as it should be. The same input gives the same bytes.

    `layout` is a key of `LAYOUTS`, `paper` of `PAPERS`. With `web`, images are 1280 pixels wide at most. `on_progress`
    is called before each shot with what is done, 0 ... 1, and may raise to cancel.
    """
    with _configure_reportlab() as (canvas_class, face), tempfile.TemporaryDirectory() as folder:
        page = lay_out(LAYOUTS[layout], paper, project.size[0] / max(project.size[1], 1))
        canvas = canvas_class(file, pagesize=page.size, invariant=1, pageCompression=1)
        board = _Board(canvas, Typesetter(face), project, LAYOUTS[layout], Path(folder), web)
        board.draw(page, panels, on_progress)
        canvas.save()
        return board.list_notes()


@contextmanager
def _configure_reportlab() -> Generator[tuple[Any, Any], None, None]:
    """The canvas's class and the font's face, with images as bytes instead of as ASCII85, which takes minutes."""
    from reportlab import rl_config
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.ttfonts import TTFont
    from reportlab.pdfgen.canvas import Canvas

    before = rl_config.useA85
    rl_config.useA85 = 0
    try:
        font = TTFont(_FONT, str(FONT_FILE))
        pdfmetrics.registerFont(font)  # pyright: ignore[reportUnknownMemberType]
        yield Canvas, font.face
    finally:
        rl_config.useA85 = before


class _Board:
    """Draws one board."""

    def __init__(
        self, canvas: Any, typesetter: Typesetter, project: Project, layout: Layout, folder: Path, web: bool
    ) -> None:
        self._canvas, self._type, self._project, self._layout = canvas, typesetter, project, layout
        self._folder, self._web = folder, web
        self._without_image: list[str] = []
        self._shortened: list[str] = []

    def draw(self, page: Page, panels: Sequence[Panel], on_progress: Callable[[float], None]) -> None:
        """Draw all pages, at least one."""
        self._canvas.setTitle(clean_line(self._project.title))
        self._canvas.setCreator("Nano Banana")
        per_page = len(page.cells)
        pages = [panels[i : i + per_page] for i in range(0, len(panels), per_page)] or [panels]
        frames = sum(panel.shot.length for panel in panels)
        for number, shown in enumerate(pages, 1):
            self._draw_frame(page, f"{number} / {len(pages)}", _describe(self._project, len(panels), frames), shown)
            for cell, panel in zip(page.cells, shown, strict=False):
                on_progress((panel.number - 1) / max(len(panels), 1))
                self._draw_cell(cell, panel)
            self._canvas.showPage()

    def list_notes(self) -> list[str]:
        """What is missing on the board."""
        notes = [f"Without an image: {_join(self._without_image)}."] if self._without_image else []
        if self._shortened:
            notes.append(f"The text did not fit and was cut: {_join(self._shortened)}. Choose a larger layout.")
        if missing := sorted(self._type.missing):
            named = " ".join(f"{c} (U+{ord(c):04X})" for c in missing[:_MOST_NAMED])
            more = f" and {len(missing) - _MOST_NAMED} more" if len(missing) > _MOST_NAMED else ""
            notes.append(f"The board's font has no {named}{more}: a box is printed instead.")
        return notes

    def _draw_frame(self, page: Page, number: str, facts: str, panels: Sequence[Panel]) -> None:
        self._draw_line(page.heading, self._project.title, _HEADING_SIZE)
        self._draw_line(page.facts, facts, _SMALL_SIZE, _GREY, at_right=True)
        self._canvas.setStrokeColorRGB(*_RULE)
        self._canvas.setLineWidth(0.5)
        rule = page.heading.y + 4
        self._canvas.line(page.heading.x, rule, page.facts.x + page.facts.width, rule)
        if panels:
            first, last = panels[0].number, panels[-1].number
            text = f"Shots {first}–{last}" if last > first else f"Shot {first}"
            self._draw_line(page.footing, text, _SMALL_SIZE, _GREY)
        self._draw_line(page.number, number, _SMALL_SIZE, _GREY, at_right=True)

    def _draw_cell(self, cell: Cell, panel: Panel) -> None:
        shot = panel.shot
        facts = [self._project.format_timecode(shot.length), *([f"{shot.lens:g} mm"] if shot.lens else [])]
        text = " · ".join(facts)
        width = min(self._type.measure(text, cell.font_size * 0.85) + 6, cell.facts.width)
        title, _ = Rectangle(
            cell.title.x, cell.title.y, cell.title.width + cell.facts.width, cell.title.height
        ).cut_left(cell.title.width + cell.facts.width - width)
        self._draw_line(title, f"{panel.number}  {shot.name}", cell.font_size)
        self._draw_line(cell.facts, text, cell.font_size * 0.85, _GREY, at_right=True)
        problem = self._draw_image(cell.image, panel)
        if problem:
            self._without_image.append(clean_line(shot.name))
            self._draw_line(cell.image, problem, cell.font_size, _GREY, centred=True)
        self._canvas.setStrokeColorRGB(*_RULE)
        self._canvas.setLineWidth(0.5)
        self._canvas.rect(cell.image.x, cell.image.y, cell.image.width, cell.image.height)
        self._draw_text(cell, panel)

    def _draw_image(self, box: Rectangle, panel: Panel) -> str:
        """Draw the image, as large as it fits; returns why there is none, or ""."""
        if panel.image is None:
            return f"{panel.shot.name}: no image"
        try:
            path, (width, height) = images.prepare_jpeg(panel.image, self._folder, panel.number, web=self._web)
        except (NanoBananaError, OSError) as error:
            return f"{panel.shot.name}: {images.describe_problem(panel.image, error)}"
        scale = min(box.width / width, box.height / height)
        width, height = width * scale, height * scale
        x, y = box.x + (box.width - width) / 2, box.y + (box.height - height) / 2
        self._canvas.drawImage(str(path), x, y, width, height)
        return ""

    def _draw_text(self, cell: Cell, panel: Panel) -> None:
        shot = panel.shot
        labelled = (("Action", shot.action), ("Dialogue", shot.dialogue), ("Notes", shot.notes))
        texts = [self._type.clean(f"{label}: {text.strip()}") for label, text in labelled if text.strip()]
        lines, size, was_cut = self._type.fit(texts, cell.text.width, cell.text.height, cell.font_size)
        if was_cut:
            self._shortened.append(clean_line(shot.name))
        y = cell.text.y + cell.text.height
        self._set_font(size, _INK)
        for line in lines:
            y -= size * LEADING
            self._canvas.drawString(cell.text.x, y + size * 0.35, line)
        if self._layout.ruled:
            self._draw_rules(cell.text, y)

    def _draw_rules(self, box: Rectangle, below: float) -> None:
        count = int((below - box.y) / _RULE_GAP)
        self._canvas.setLineWidth(0.4)
        for y in (below - _RULE_GAP * (index + 1) for index in range(count)):
            self._canvas.line(box.x, y, box.x + box.width, y)

    def _draw_line(
        self,
        box: Rectangle,
        text: str,
        size: float,
        colour: tuple[float, float, float] = _INK,
        *,
        at_right: bool = False,
        centred: bool = False,
    ) -> None:
        line = self._type.clip(self._type.clean(text.replace("\n", " ")), box.width, size)
        self._set_font(size, colour)
        space = box.width - self._type.measure(line, size)
        x = box.x + (space if at_right else space / 2 if centred else 0.0)
        top = box.y + (box.height / 2 if centred else box.height - size)
        self._canvas.drawString(x, top, line)

    def _set_font(self, size: float, colour: tuple[float, float, float]) -> None:
        self._canvas.setFont(_FONT, size)
        self._canvas.setFillColorRGB(*colour)


def _describe(project: Project, count: int, frames: int) -> str:
    rate = f"{float(project.rate):.3f}".rstrip("0").rstrip(".")
    width, height = Fraction(*project.size).as_integer_ratio() if all(project.size) else (0, 0)
    ratio = f"{width}:{height}" if max(width, height) <= 21 else f"{project.size[0] / max(project.size[1], 1):.2f}:1"
    shots = "1 shot" if count == 1 else f"{count} shots"
    return " · ".join(filter(None, (shots, project.format_timecode(frames), f"{rate} fps", ratio, project.date)))


def _join(names: Sequence[str]) -> str:
    shown = [name if len(name) <= 40 else name[:39] + "…" for name in itertools.islice(names, _MOST_NAMED)]
    return ", ".join(shown) + (f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else "")
