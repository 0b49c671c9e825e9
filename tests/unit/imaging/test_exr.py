# SPDX-License-Identifier: GPL-3.0-or-later
"""Layers of what Blender saves as a multilayer OpenEXR file; any other file is refused in a sentence."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest

from nano_banana_addon.core.errors import NanoBananaError
from nano_banana_addon.imaging.formats.exr import read_layers

WIDTH, HEIGHT = 3, 2
LAYERS = ("Fore.ground", "Ärger")


def write(path: Path, *, compression: bytes = b"\0", version: int = 2, upward: bool = False) -> dict[str, np.ndarray]:
    """A file by the format's specification: channels in the order of their names, a line of pixels each chunk."""
    layers = {name: np.random.default_rng(n).random((HEIGHT, WIDTH, 4), np.float32) for n, name in enumerate(LAYERS)}
    names = sorted((f"{layer}.Combined.{c}" for layer in LAYERS for c in "RGBA"), key=lambda n: n.encode())
    listed = b"".join(n.encode() + b"\0" + struct.pack("<iB3xii", 2, 0, 1, 1) for n in names) + b"\0"
    window = struct.pack("<4i", 5, 7, 5 + WIDTH - 1, 7 + HEIGHT - 1)
    header = b"\x76\x2f\x31\x01" + struct.pack("<I", version)
    attributes = (("channels", listed), ("compression", compression), ("dataWindow", window))
    for name, value in attributes:
        header += name.encode() + b"\0kind\0" + struct.pack("<i", len(value)) + value
    body = b""
    for y in reversed(range(HEIGHT)) if upward else range(HEIGHT):
        line = b""
        for name in names:
            layer, _, channel = name.rpartition(".Combined.")
            line += layers[layer][y, :, "RGBA".index(channel)].tobytes()
        body += struct.pack("<ii", 7 + y, len(line)) + line
    path.write_bytes(header + b"\0" + b"\0" * 8 * HEIGHT + body)
    return layers


@pytest.mark.parametrize("upward", [False, True])
def test_each_layer_has_its_own_pixels(tmp_path: Path, upward: bool) -> None:
    written = write(tmp_path / "a.exr", upward=upward)
    found = read_layers(tmp_path / "a.exr")
    assert found.keys() == written.keys()
    for name, pixels in written.items():
        assert np.array_equal(found[name], pixels)


@pytest.mark.parametrize("wrong", [{"compression": b"\3"}, {"version": 2 | 0x1000}])
def test_what_it_does_not_read_is_refused(tmp_path: Path, wrong: dict) -> None:
    write(tmp_path / "a.exr", **wrong)
    with pytest.raises(NanoBananaError, match="did not write the layers"):
        read_layers(tmp_path / "a.exr")


def test_damaged_files_are_refused(tmp_path: Path) -> None:
    write(tmp_path / "whole.exr")
    whole = (tmp_path / "whole.exr").read_bytes()
    for cut in range(0, len(whole), 5):
        (tmp_path / "cut.exr").write_bytes(whole[:cut])
        with pytest.raises(NanoBananaError, match="did not write the layers"):
            read_layers(tmp_path / "cut.exr")
