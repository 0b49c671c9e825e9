# SPDX-License-Identifier: GPL-3.0-or-later
"""Printed boards: what is said of each shot is on its page, nothing lies over anything else, and no input breaks it."""

from __future__ import annotations

import io
import itertools
import re
from pathlib import Path

import pypdf
import pypdfium2
import pytest
from PIL import Image

from nano_banana_addon.core.errors import ErrorKind, NanoBananaError
from nano_banana_addon.core.storyboard.board import Project, list_panels
from nano_banana_addon.core.storyboard.formats import FORMAT_ITEMS, ExportChoices
from nano_banana_addon.core.storyboard.layouts import LAYOUTS, PAPERS
from nano_banana_addon.core.storyboard.shot import Shot
from nano_banana_addon.core.storyboard.timecode import make_rate
from nano_banana_addon.imaging.board import pdf
from nano_banana_addon.imaging.board.files import write_board
from nano_banana_addon.imaging.board.page import lay_out

PROJECT = Project("Чайник 水壺", make_rate(24, 1.001), date="2026-11-28")
ACTIONS = (
    "She lifts the kettle.",
    "Она ставит чайник на стол.",
    "她把水壺放在桌子上。",
    "やかんを置く。",
    "주전자를 놓는다.",
)


@pytest.fixture
def make_panels(tmp_path, render):
    """Shots with a caption in another script each, and with JPEG images of two colours."""

    def make(count: int):
        path = tmp_path / "a.jpg"
        render(344, 192).save(path, quality=90)
        shots = [
            Shot(
                f"Shot {i}",
                1 + 24 * i,
                24 + i,
                "Camera",
                lens=35.0,
                action=f"{ACTIONS[i % 5]} {i}",
                dialogue=f"«Да» {i}",
            )
            for i in range(count)
        ]
        return list_panels(shots, [path] * count)

    return make


def write(panels, layout="LANDSCAPE_3X2", paper="A4", **options):
    file = io.BytesIO()
    notes = pdf.write_pdf(file, PROJECT, panels, layout, paper, **options)
    return file.getvalue(), notes


def squeeze(text: str) -> str:
    return re.sub(r"\s+", "", text)


def test_there_are_layouts_enough():
    assert len(LAYOUTS) >= 15
    grids = {(layout.columns, layout.rows) for layout in LAYOUTS.values()}
    assert {(1, 1), (2, 2), (3, 3), (4, 4)} <= grids
    assert any(layout.ruled for layout in LAYOUTS.values())


@pytest.mark.parametrize("paper", PAPERS)
@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("aspect", [2.39, 16 / 9, 1.0, 9 / 16])
def test_nothing_on_a_page_lies_over_anything_else(layout, paper, aspect):
    page = lay_out(LAYOUTS[layout], paper, aspect)
    parts = page.list_parts()
    assert not [(a, b) for a, b in itertools.combinations(parts, 2) if a.overlaps(b)]
    width, height = page.size
    assert all(p.x >= 0 and p.y >= 0 and p.x + p.width <= width and p.y + p.height <= height for p in parts)
    assert all(p.width > 20 and p.height > 5 for p in parts)
    assert len(page.cells) == LAYOUTS[layout].columns * LAYOUTS[layout].rows
    assert all(c.image.width == pytest.approx(c.image.height * aspect) for c in page.cells)  # no bars beside it


@pytest.mark.parametrize("layout", LAYOUTS)
def test_each_page_says_what_its_shots_are(make_panels, layout):
    panels = make_panels(18)
    content, notes = write(panels, layout, "LETTER")
    assert notes == []
    pages = [squeeze(page.extract_text()) for page in pypdf.PdfReader(io.BytesIO(content)).pages]
    per_page = LAYOUTS[layout].columns * LAYOUTS[layout].rows
    assert len(pages) == -(-18 // per_page)
    for panel in panels:
        page = pages[(panel.number - 1) // per_page]
        shot = panel.shot
        wanted = (shot.name, shot.action, shot.dialogue, "35mm", PROJECT.title, PROJECT.format_timecode(shot.length))
        assert [text for text in wanted if squeeze(text) not in page] == []
    assert all(f"{number}/{len(pages)}" in page for number, page in enumerate(pages, 1))


def test_images_are_where_the_layout_has_them(make_panels, tmp_path):
    """A red image fills its box on the page; beside it the paper is white."""
    Image.new("RGB", (320, 180), (255, 0, 0)).save(tmp_path / "red.png")
    panels = list_panels([Shot("s", 1, 24, "")], [tmp_path / "red.png"])
    content, _ = write(panels)
    page = lay_out(LAYOUTS["LANDSCAPE_3X2"], "A4", 16 / 9)
    shown = pypdfium2.PdfDocument(content)[0].render().to_pil()
    box = page.cells[0].image
    middle = (round(box.x + box.width / 2), round(page.size[1] - box.y - box.height / 2))
    assert shown.getpixel(middle)[0] > 240
    assert shown.getpixel(middle)[1] < 20
    other = page.cells[1].image
    assert shown.getpixel((round(other.x + other.width / 2), middle[1])) == (255, 255, 255)


def test_jpegs_are_kept_byte_for_byte_and_web_size_is_smaller(make_panels, tmp_path, render):
    panels = make_panels(2)
    content, _ = write(panels)
    assert panels[0].image.read_bytes() in content
    assert content == write(panels)[0]  # the same input gives the same bytes
    render(2752, 1536).save(tmp_path / "large.jpg", quality=95)
    large = list_panels([panels[0].shot], [tmp_path / "large.jpg"])
    full, web = (write(large, web=web)[0] for web in (False, True))
    assert len(web) < len(full) / 2
    assert pypdf.PdfReader(io.BytesIO(web)).pages[0].images[0].image.size == (1280, 714)


def test_what_the_font_lacks_is_said_and_nothing_crashes(make_panels):
    hostile = ("שלום עולם", "🎬 Take", "x" * 300, "a/b\\c\0d", "lone \ud800 half", "", "👩‍🎤 ﷽", "\u202eabc")
    shots = [Shot(text, 1 + i, 1, text, action=text, dialogue=text, notes=text) for i, text in enumerate(hostile)]
    content, notes = write(list_panels(shots, [None] * len(shots)))
    assert "Without an image" in notes[0]
    assert any("has no" in note and "U+05D5" in note for note in notes)
    assert len(pypdf.PdfReader(io.BytesIO(content)).pages) == 2


def test_a_text_that_does_not_fit_is_cut_and_told(make_panels):
    shots = [Shot("Long", 1, 24, "", notes="word " * 2000)]
    content, notes = write(list_panels(shots, [None]), "PORTRAIT_4X4")
    assert any("did not fit" in note and "Long" in note for note in notes)
    assert "…" in pypdf.PdfReader(io.BytesIO(content)).pages[0].extract_text()


@pytest.mark.parametrize("damage", ["gone", "cut", "text", "folder"])
def test_an_image_that_cannot_be_read_is_an_empty_frame(make_panels, tmp_path, damage):
    panels = make_panels(2)
    bad = tmp_path / "bad.jpg"
    whole = panels[0].image.read_bytes()
    if damage == "folder":
        bad.mkdir()
    elif damage != "gone":
        bad.write_bytes(whole[: len(whole) // 2] if damage == "cut" else b"no image")
    shown = list_panels([panel.shot for panel in panels], [panels[0].image, bad])
    content, notes = write(shown)
    assert notes == ["Without an image: Shot 1."]
    assert re.search("Shot1:image(fileisgone|isdamaged|cannotberead)", squeeze(read_first(content)))


def read_first(content: bytes) -> str:
    return pypdf.PdfReader(io.BytesIO(content)).pages[0].extract_text()


@pytest.mark.parametrize("name", [item.id for item in FORMAT_ITEMS if not ExportChoices(item.id).is_video])
def test_a_file_is_written_whole_or_not_at_all(make_panels, tmp_path, name):
    choices = ExportChoices(name)
    target = tmp_path / "out" / f"board{choices.suffix}"
    assert write_board(target, PROJECT, make_panels(7), choices, lambda _: None) == []
    assert [path.name for path in target.parent.iterdir()] == [target.name]
    (tmp_path / "file").write_text("")
    with pytest.raises(NanoBananaError) as caught:
        write_board(tmp_path / "file" / target.name, PROJECT, make_panels(1), choices, lambda _: None)
    assert caught.value.kind is ErrorKind.DISK


@pytest.mark.parametrize("name", ["PDF", "PNG"])
def test_a_cancelled_file_leaves_nothing_and_keeps_the_one_before(make_panels, tmp_path, name):
    target = tmp_path / "out" / "board"
    target.parent.mkdir()
    target.write_text("before")
    seen: list[float] = []

    def cancel(fraction: float) -> None:
        seen.append(fraction)
        if len(seen) == 3:
            raise NanoBananaError(ErrorKind.CANCELLED)

    with pytest.raises(NanoBananaError, match="Cancelled"):
        write_board(target, PROJECT, make_panels(6), ExportChoices(name), cancel)
    assert seen == pytest.approx([0, 1 / 6, 2 / 6])
    assert [(path.name, path.read_text()) for path in target.parent.iterdir()] == [("board", "before")]


def test_500_shots_of_one_image_are_written(make_panels, tmp_path):
    panels = list_panels([Shot(f"S{i}", i, 1, "") for i in range(500)], [make_panels(1)[0].image] * 500)
    content, notes = write(panels, "PORTRAIT_4X4")
    assert (len(pypdf.PdfReader(io.BytesIO(content)).pages), notes) == (32, [])
    write_board(tmp_path / "sheet.png", PROJECT, panels, ExportChoices("PNG"), lambda _: None)
    with Image.open(tmp_path / "sheet.png") as sheet:
        assert max(sheet.size) < 12000


def test_the_font_comes_with_its_licence():
    folder = Path(pdf.FONT_FILE).parent
    assert "SIL OPEN FONT LICENSE Version 1.1" in (folder / "OFL.txt").read_text()
    assert (folder / "board.ttf").stat().st_size < 4 * 2**20
