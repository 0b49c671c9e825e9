# SPDX-License-Identifier: GPL-3.0-or-later
"""Pictures are decoded into files as their text arrives, in either alphabet and in any pieces."""

from __future__ import annotations

import base64
import hashlib
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nano_banana_addon.core.bounds import Limits
from nano_banana_addon.core.errors import ErrorKind, NanoBananaError
from nano_banana_addon.wire.contract import spool as spool_module
from nano_banana_addon.wire.contract.json_stream import JsonError
from nano_banana_addon.wire.contract.reserve import Reserve
from nano_banana_addon.wire.contract.spool import ImageSink, ReceivedImage, Spool
from nano_banana_addon.wire.contract.turn_record import Turn, TurnWriter, read_turn


def receive(folder: Path, text: bytes, cuts: list[int]) -> tuple[ReceivedImage, Spool]:
    spool = Spool(folder, Limits())
    sink = spool.open_sink()
    assert isinstance(sink, ImageSink)
    edges = sorted({0, len(text), *(cut % (len(text) + 1) for cut in cuts)})
    for start, end in pairwise(edges):
        sink.write(memoryview(text)[start:end])
    return sink.finish(), spool


@given(
    st.binary(min_size=1, max_size=300),
    st.lists(st.integers(0, 500), max_size=9),
    st.sampled_from(["standard", "url-safe", "unpadded", "wrapped"]),
)
def test_every_spelling_of_base64_gives_the_bytes(tmp_path_factory, data, cuts, spelling):
    text = base64.b64encode(data)
    if spelling == "url-safe":
        text = base64.urlsafe_b64encode(data)
    elif spelling == "unpadded":
        text = text.rstrip(b"=")
    elif spelling == "wrapped":
        text = base64.encodebytes(data)
    folder = tmp_path_factory.mktemp("spool")
    received, spool = receive(folder, text, cuts)
    assert not received.problem
    assert received.path.read_bytes() == data
    assert received.sha256 == hashlib.sha256(data).hexdigest()
    assert received.byte_count == len(data)
    assert received.echoable is (spelling != "wrapped"), "line breaks cannot go back inside a JSON text"
    assert spool.turn_writer.path.read_bytes() == text, "the text is kept as it came"
    spool.discard()
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize(
    "text",
    [
        b"A",
        b"AAAA====",
        b"AA=A",
        b"AA==AAAA",
        b"!!!!",
        b"\xff\xfe",
        b"",
        b"data:image/png;base64,AAAA",
    ],
)
def test_broken_base64_is_a_problem_of_that_picture(tmp_path, text):
    received, spool = receive(tmp_path, text, [1, 3, 5])
    assert received.problem
    assert not received.echoable
    spool.discard()
    assert list(tmp_path.iterdir()) == []


def test_a_picture_has_a_limit(tmp_path):
    spool = Spool(tmp_path, Limits(picture=10))
    sink = spool.open_sink()
    assert sink
    with pytest.raises(JsonError):
        sink.write(base64.b64encode(bytes(30)))
    spool.discard()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_disk_that_fills_up_is_told(tmp_path):
    reserve = Reserve(tmp_path / "reserve", 4096)
    turn = TurnWriter(tmp_path / "t", reserve)
    sink = ImageSink(Path("/dev/full"), turn, Limits(), reserve)
    with pytest.raises(NanoBananaError) as caught:
        sink.write(base64.b64encode(bytes(3000)))
    assert caught.value.kind is ErrorKind.DISK
    assert "/dev" in caught.value.message
    assert not (tmp_path / "reserve").exists(), "what was set aside is given up first"
    sink.close()
    turn.close()


def test_several_calls_share_a_folder(tmp_path):
    one, two = Spool(tmp_path, Limits()), Spool(tmp_path, Limits())
    assert one.turn_writer.path != two.turn_writer.path
    one.discard()
    assert two.turn_writer.path.exists()
    two.discard()


@pytest.mark.parametrize(
    "spoil",
    [
        lambda d: d[:-1],
        lambda d: d[:-16] + b"\xff" * 8 + d[-8:],
        lambda d: b"",
        lambda d: b"x" * 40,
    ],
)
def test_a_damaged_record_is_told_and_not_guessed_at(tmp_path, spoil):
    path = tmp_path / "a.turn"
    writer = TurnWriter(path, Reserve(tmp_path / "reserve", 0))
    writer.write(b"AAAA")
    writer.finish(Turn("google", "m", "t", (), "", ({"text": "x"},)))
    assert read_turn(path).parts == ({"text": "x"},)
    path.write_bytes(spoil(path.read_bytes()))
    with pytest.raises(ValueError, match="record"):
        read_turn(path)


def test_the_free_space_is_looked_at_before_sending(tmp_path, monkeypatch):
    monkeypatch.setattr(spool_module, "NEEDED_SPACE", 2**62)
    with pytest.raises(NanoBananaError, match="nothing was sent"):
        Spool(tmp_path, Limits())
