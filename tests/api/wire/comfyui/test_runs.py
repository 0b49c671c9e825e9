# SPDX-License-Identifier: GPL-3.0-or-later
"""A job at a ComfyUI server: its progress, its previews, and the ways in which it fails."""

from __future__ import annotations

import io
import json
import threading
import uuid
from collections.abc import Callable
from itertools import groupby, pairwise

import pytest
from PIL import Image

from devtools.simulator import solid
from devtools.simulator.server import Simulator
from nano_banana_addon.core.constants import State
from nano_banana_addon.core.errors import ErrorKind
from nano_banana_addon.wire.client.client import CallProgress, CancelToken
from tests.api.wire.servers import answering

from .conftest import Server, invert, is_inverted, own, shown, slow, start, wait_for


def list_fractions(told: list[CallProgress]) -> list[float]:
    """How far it was said to be while it ran."""
    fractions = [each.fraction for each in told if each.state is State.GENERATING]
    assert all(before <= after for before, after in pairwise(fractions)), "it goes back"
    return sorted(set(fractions))


def test_nodes_that_are_done_move_the_progress(server, tmp_path):
    told: list[CallProgress] = []
    server.generate(own(slow(tmp_path, 64 if server.simulator else 1200)), on_progress=told.append)
    assert len([fraction for fraction in list_fractions(told) if 0.0 < fraction < 1.0]) >= 2


def test_steps_of_a_sampler_move_the_progress_and_show_previews(fake, picture):
    told: list[CallProgress] = []
    fake.generate(shown("comfyui-sd15", picture(), steps=8), on_progress=told.append)
    between = [fraction for fraction in list_fractions(told) if 0.2 < fraction < 0.99]
    assert len(between) >= 3
    previews = [Image.open(io.BytesIO(each.image)) for each in told if each.image]
    assert previews
    assert {preview.format for preview in previews} <= {"JPEG", "PNG"}


def test_a_job_that_waits_is_told_its_place_until_its_turn(server, tmp_path):
    """Somebody else's jobs are before it; they end one by one."""
    side = 64 if server.simulator else 1200
    others = (CancelToken(), CancelToken())
    for count, token in enumerate(others, 1):
        start(server, own(slow(tmp_path, side)), token)
        wait_for(lambda count=count: len(server.list_queue()) == count)
    told: list[CallProgress] = []
    last = CancelToken()
    mine = start(server, own(slow(tmp_path, side)), last, on_progress=told.append)
    for place, token in zip((3, 2, 0), (*others, last), strict=True):
        wait_for(lambda place=place: bool(told) and told[-1].place == place)
        token.cancel()
    mine.join(60)
    places = [each.place for each in told if each.state is State.GENERATING]
    assert [place for place, _ in groupby(places)] in ([0, 3, 2, 0], [3, 2, 0])


@pytest.mark.parametrize("case", ["silent_socket", "drop_socket frames=0", "drop_socket frames=4", "late_history"])
def test_without_its_socket_the_queue_is_asked(fake, picture, tmp_path, case):
    """A server or proxy without a socket, one that ends, and a history that lags: the image comes all the same."""
    name, _, given = case.partition(" ")
    fake.simulator.script(name, times=1, **dict(part.split("=") for part in given.split()))
    capture = picture()
    assert is_inverted(fake.generate(own(invert(tmp_path), capture)), capture)


def test_messages_in_fragments_are_put_together(fake, picture):
    told: list[CallProgress] = []
    fake.simulator.script("split_frames", times=1)
    fake.generate(shown("comfyui-sd15", picture(), steps=4), on_progress=told.append)
    for each in told:
        if each.image:
            Image.open(io.BytesIO(each.image)).load()
    assert any(each.image for each in told)


def test_too_little_memory_is_told_and_freed(fake, picture):
    fake.simulator.script("run_error", times=1, kind="oom")
    error = fake.fail(shown("comfyui-sd15", picture()))
    assert error.kind is ErrorKind.TOO_LARGE
    assert "memory" in error.message
    assert "smaller size" in error.next_step
    assert [entry.path for entry in fake.simulator.requests if entry.path.endswith("/free")]


def test_a_node_that_fails_is_named_without_the_server_s_paths(fake, picture):
    fake.simulator.script("run_error", times=1, kind="other")
    error = fake.fail(shown("comfyui-sd15", picture()))
    assert error.kind is ErrorKind.REQUEST
    assert "KSampler" in error.message
    assert error.next_step
    assert "/" not in error.detail


def test_a_job_that_somebody_stops_was_cancelled_and_is_no_failure(server, tmp_path):
    """The history calls it an error, like a failure."""

    def stop(ident: str) -> None:
        while ident in server.list_queue():  # an interrupt just before it starts is lost
            server.http.post("/interrupt", json={"prompt_id": ident})

    found = fail_meanwhile(server, tmp_path, stop)
    assert found.kind is ErrorKind.CANCELLED
    assert "stopped in ComfyUI" in found.message


def test_a_job_that_somebody_deletes_is_not_waited_for(server, tmp_path):
    """No message tells of it, and no history."""
    other = start(server, own(slow(tmp_path, 64 if server.simulator else 2400)), CancelToken())
    wait_for(lambda: len(server.list_queue()) == 1)
    found = fail_meanwhile(server, tmp_path, lambda ident: server.http.post("/queue", json={"delete": [ident]}))
    assert found.kind is ErrorKind.CANCELLED
    assert found.next_step
    server.http.post("/interrupt", json={})
    other.join(60)


def fail_meanwhile(server: Server, folder, act: Callable[[str], object]):
    """The error of a job while something is done to it."""
    before = len(server.tickets)

    def interfere() -> None:
        wait_for(lambda: len(server.tickets) > before)
        ident = server.tickets[-1].partition(" ")[0]
        wait_for(lambda: ident in server.list_queue())
        act(ident)

    thread = threading.Thread(target=interfere)
    thread.start()
    try:
        return server.fail(own(slow(folder, 64 if server.simulator else 1600)))
    finally:
        thread.join(60)


def test_a_result_that_was_tidied_away_is_told(fake, picture, tmp_path):
    fake.simulator.script("lose_file", times=1)
    error = fake.fail(own(invert(tmp_path), picture()))
    assert error.kind is ErrorKind.ANSWER
    assert "not there any more" in error.message
    assert error.next_step


def test_a_server_that_stops_meanwhile_leaves_it_open(fake, tmp_path, monkeypatch):
    """Its result can be asked for when it runs again."""
    monkeypatch.setattr("nano_banana_addon.wire.client.client.OPEN_TRIES", 2)
    threading.Thread(target=lambda: (wait_for(lambda: bool(fake.list_queue())), fake.simulator.stop())).start()
    assert fake.fail(own(slow(tmp_path, 64))).kind is ErrorKind.UNKNOWN_RESULT
    assert fake.tickets


def test_a_page_in_place_of_an_answer_is_no_comfyui(tmp_path):
    page = b"<html><title>502 Bad Gateway</title></html>"
    head = b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: %d\r\nConnection: close\r\n\r\n" % len(page)
    with answering(head + page) as address, Server(address, tmp_path) as proxy:
        error = proxy.fail(shown("comfyui-sd15"))
    assert "502" in error.detail or "502" in error.message
    assert "<" not in error.to_sentence()
    assert error.next_step


def test_previews_are_asked_for(fake, picture):
    fake.generate(shown("comfyui-sd15", picture()))
    ident = fake.tickets[-1].partition(" ")[0]
    extra = fake.http.get(f"/history/{ident}").json()[ident]["prompt"][3]
    assert extra["preview_method"] == "latent2rgb"


def test_a_guard_s_key_goes_with_every_exchange_and_into_nothing_else(tmp_path):
    """A proxy before ComfyUI asks for a key: with the socket and the result's file, too."""
    key = "secret-" + uuid.uuid4().hex
    with (
        Simulator(solid.paint, dialect="comfyui", keys=frozenset({key})) as simulator,
        Server(simulator.base_url, tmp_path, simulator) as server,
    ):
        server.generate(shown("comfyui-sd15", steps=4), key=key)
        asked = {entry.path.partition("?")[0]: entry for entry in simulator.requests}
        assert {"/ws", "/prompt", "/view"} <= asked.keys()
        assert {entry.status for entry in asked.values()} <= {101, 200}
        assert key not in json.dumps([[entry.path, entry.json] for entry in simulator.requests])
