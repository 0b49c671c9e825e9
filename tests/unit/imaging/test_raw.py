# SPDX-License-Identifier: GPL-3.0-or-later
"""The capture's pixels arrive in the worker process as they left Blender."""

from __future__ import annotations

import numpy as np
import pytest

from nano_banana_addon.core.errors import ErrorKind, InputError, NanoBananaError
from nano_banana_addon.imaging.formats.raw import read_raw, write_raw
from nano_banana_addon.imaging.formats.sniff import sniff


@pytest.mark.parametrize("channels", [3, 4])
def test_pixels_come_back_unchanged(tmp_path, channels):
    pixels = np.random.default_rng(1).integers(0, 256, (31, 47, channels), dtype=np.uint8)
    write_raw(tmp_path / "c.npy", pixels[::-1])  # a view that is not contiguous, as Blender gives
    assert np.array_equal(read_raw(tmp_path / "c.npy"), pixels[::-1])
    info = sniff(tmp_path / "c.npy")
    assert (info.width, info.height, info.has_alpha) == (47, 31, channels == 4)


@pytest.mark.parametrize("shape", [(4, 4), (4, 4, 2), (4, 4, 4, 1)])
def test_other_arrays_are_a_mistake_of_the_caller(tmp_path, shape):
    with pytest.raises(ValueError, match="uint8"):
        write_raw(tmp_path / "c.npy", np.zeros(shape, np.uint8))
    with pytest.raises(ValueError, match="uint8"):
        write_raw(tmp_path / "c.npy", np.zeros((4, 4, 3), np.float32))
    assert not list(tmp_path.iterdir())


def test_a_capture_cut_short_is_not_painted_with_rubbish(tmp_path):
    write_raw(tmp_path / "c.npy", np.zeros((32, 32, 4), np.uint8))
    content = (tmp_path / "c.npy").read_bytes()
    for length in (0, 9, 100, len(content) - 1):
        (tmp_path / "c.npy").write_bytes(content[:length])
        with pytest.raises(InputError):
            read_raw(tmp_path / "c.npy")


def test_pickled_objects_are_never_loaded(tmp_path):
    np.save(tmp_path / "evil.npy", np.array([{"a": 1}], dtype=object), allow_pickle=True)
    with pytest.raises(InputError):
        read_raw(tmp_path / "evil.npy")


def test_a_place_that_cannot_be_written_is_said_and_nothing_is_left(tmp_path):
    (tmp_path / "in_the_way").write_text("a file where a folder should be")
    with pytest.raises(NanoBananaError) as caught:
        write_raw(tmp_path / "in_the_way" / "c.npy", np.zeros((4, 4, 3), np.uint8))
    assert caught.value.kind is ErrorKind.DISK
    assert [p.name for p in tmp_path.iterdir()] == ["in_the_way"]
