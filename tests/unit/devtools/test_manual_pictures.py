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
    assert shown == set(pictures.PICTURES) | pictures.KEPT


@pytest.mark.parametrize("name", pictures.PICTURES)
def test_the_maker_takes_the_picture(name: str) -> None:
    source = pictures.PICTURES[name]
    if pictures.is_demo(source.maker):
        module = source.maker.partition(" ")[2] or "main"
        text = (ROOT / "devtools" / "demo" / f"{module}.py").read_text(encoding="utf-8")
    else:
        text = (ROOT / "tests" / "ui" / f"{source.maker}.py").read_text(encoding="utf-8")
    for file in source.files:
        name = file if pictures.is_demo(source.maker) else Path(file).stem
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
