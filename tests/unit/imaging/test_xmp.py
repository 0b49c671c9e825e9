# SPDX-License-Identifier: GPL-3.0-or-later
"""Derived files say that they come from a model, in words that other programs read."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest
from PIL import Image

from nano_banana_addon.core.errors import NanoBananaError
from nano_banana_addon.imaging.formats import xmp

_EXTENSION = "{http://iptc.org/std/Iptc4xmpExt/2008-02-29/}"


def properties(text: str) -> dict[str, str]:
    body = text[text.index("<x:xmpmeta") : text.index("</x:xmpmeta>") + 12]
    description = ElementTree.fromstring(body)[0][0]
    return {child.tag.rpartition("}")[2]: child.text or "" for child in description}


@pytest.mark.parametrize("extension", [".png", ".jpg", ".webp"])
@pytest.mark.parametrize("origin", list(xmp.Origin))
def test_every_format_carries_the_source_type(tmp_path: Path, extension: str, origin: xmp.Origin) -> None:
    path = tmp_path / f"derived{extension}"
    picture = Image.new("RGBA" if extension == ".png" else "RGB", (16, 8), "teal")
    xmp.write_derived(picture, path, xmp.packet(origin, prompt="ink & <wash>", source="abc"))
    told = properties(xmp.read(path))
    assert told["DigitalSourceType"].endswith(f"/digitalsourcetype/{origin.value}")
    assert told["AIPromptInformation"] == "ink & <wash>"
    assert told["source"] == "abc"
    with Image.open(path) as read:
        assert (read.size, read.mode) == ((16, 8), picture.mode)


def test_the_property_is_in_the_namespace_of_iptc() -> None:
    text = xmp.packet(xmp.Origin.MODEL)
    body = text[text.index("<x:xmpmeta") : text.index("</x:xmpmeta>") + 12]
    assert ElementTree.fromstring(body)[0][0].find(f"{_EXTENSION}DigitalSourceType") is not None


@pytest.mark.parametrize("prompt", ["a\x00b\x07", "half \udc80 character", "]]> <?xpacket end?>", "𝄞"])
def test_any_prompt_leaves_readable_xml(tmp_path: Path, prompt: str) -> None:
    path = tmp_path / "derived.png"
    xmp.write_derived(Image.new("RGB", (4, 4)), path, xmp.packet(xmp.Origin.COMPOSITE, prompt=prompt))
    assert properties(xmp.read(path))["DigitalSourceType"].endswith("TrainedAlgorithmicMedia")


def test_a_received_file_without_a_packet_reads_as_empty(tmp_path: Path) -> None:
    Image.new("RGB", (4, 4)).save(tmp_path / "plain.png")
    assert xmp.read(tmp_path / "plain.png") == ""


def test_what_cannot_be_written_is_said_and_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(NanoBananaError):
        xmp.write_derived(Image.new("RGB", (4, 4)), tmp_path / "file" / "a.png", "x")
    assert [p.name for p in tmp_path.iterdir()] == ["file"]
