# SPDX-License-Identifier: GPL-3.0-or-later
"""Each picture of the manual has a maker that leaves what it is made of."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from devtools.manual import pictures
from devtools.paths import ROOT


def test_each_picture_of_the_manual_can_be_made_again() -> None:
    shown = {path.name for path in pictures.FOLDER.iterdir()}
    assert shown == set(pictures.PICTURES)


@pytest.mark.parametrize("name", pictures.PICTURES)
def test_the_maker_takes_the_picture(name: str) -> None:
    source = pictures.PICTURES[name]
    kind, _, what = source.maker.partition(" ")
    file = {"demo": f"devtools/demo/{what or 'main'}.py", "oracle": "tests/oracle/pictures.py"}.get(kind)
    text = (ROOT / (file or f"tests/ui/{source.maker}.py")).read_text(encoding="utf-8")
    if kind == "demo" and what == "storyboard":
        text += '"board.pdf"'  # of each format
    for file in source.files:
        name = Path(file).stem if pictures.is_case(source.maker) else file
        assert f'"{name}"' in text or f'"{name.removeprefix("keyring-")}"' in text


def test_parts_are_cropped_put_side_by_side_and_scaled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = pictures.Source("case_x", ("a.png", "b.png"), box=(10, 20, 60, 120), width=54)
    monkeypatch.setattr(pictures, "PICTURES", {"both.png": source})
    monkeypatch.setattr(pictures, "WINDOWS", tmp_path)
    monkeypatch.setattr(pictures, "FOLDER", tmp_path)
    (tmp_path / "case_x").mkdir()
    for file, colour in zip(source.files, ((250, 0, 0), (0, 250, 0)), strict=True):
        Image.new("RGB", (200, 200), colour).save(tmp_path / "case_x" / file)
    with Image.open(pictures.write("both.png")) as made:
        assert made.size == (54, 50)
        assert made.getpixel((10, 25)) == (250, 0, 0)
        assert made.getpixel((44, 25)) == (0, 250, 0)


def test_a_missing_one_is_told_and_the_others_are_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    table = {name: pictures.Source("case_x", (f"{name}",)) for name in ("gone.png", "there.png")}
    monkeypatch.setattr(pictures, "PICTURES", table)
    monkeypatch.setattr(pictures, "WINDOWS", tmp_path)
    monkeypatch.setattr(pictures, "FOLDER", tmp_path / "docs")
    monkeypatch.setattr(pictures, "ROOT", tmp_path)
    for folder in ("case_x", "docs"):
        (tmp_path / folder).mkdir()
    Image.new("RGB", (20, 20)).save(tmp_path / "case_x" / "there.png")
    assert pictures.main(list(table)) == 1
    assert [path.name for path in (tmp_path / "docs").iterdir()] == ["there.png"]
    assert "gone.png stays as it was" in capsys.readouterr().err
