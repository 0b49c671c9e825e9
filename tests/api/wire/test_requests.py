# SPDX-License-Identifier: GPL-3.0-or-later
"""Contract cases 1 to 16: keys, models, and what a strict server says to requests that it
refuses.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from devtools.simulator import solid
from devtools.simulator.server import Simulator
from nano_banana_addon.core.constants import ReferenceRole
from nano_banana_addon.core.errors import ErrorKind, InputError, NanoBananaError
from nano_banana_addon.core.request import Reference
from nano_banana_addon.wire.client.client import generate
from nano_banana_addon.wire.gemini.models_list import compare_with_catalogue, list_models
from nano_banana_addon.wire.gemini.models_list import test_connection as try_connection
from nano_banana_addon.wire.providers import PROVIDERS, Endpoint, resolve_endpoint

from .conftest import KEY, Caller, failed, small


def test_without_a_key_nothing_is_sent(caller, simulator):
    caller.key = " \n"
    error = failed(caller, small())
    assert error.kind is ErrorKind.KEY_MISSING
    assert "GEMINI_API_KEY" in error.next_step
    assert simulator.requests == []


def test_a_server_that_misses_the_key_says_so(caller, simulator):
    keyless = Endpoint(PROVIDERS["google"]._replace(needs_key=False), simulator.base_url)
    with pytest.raises(NanoBananaError) as caught:
        generate(small(), keyless, "", caller.folder)
    assert caught.value.kind is ErrorKind.KEY_INVALID
    assert caught.value.http_status == 403


def test_a_wrong_key_is_told_although_it_is_a_400(caller, simulator):
    caller.key = "wrong-key"
    error = failed(caller, small())
    assert error.kind is ErrorKind.KEY_INVALID
    assert error.http_status == 400
    assert "Test Connection" in error.next_step
    assert simulator.posts() == 1


@pytest.mark.parametrize("key", ["expired", "leaked"])
def test_expired_and_leaked_keys(caller, key):
    caller.key = key
    assert failed(caller, small()).kind is ErrorKind.KEY_INVALID


@pytest.mark.parametrize("key", ["AQ.Ab8RN6Jexample-key_1", "AIzaSyExample-1234567890_abcdefghijklmno"])
def test_the_form_of_a_key_is_not_judged(tmp_path, key):
    with Simulator(solid.paint, keys=frozenset({key})) as server:
        caller = Caller(server.base_url, tmp_path / "results", key=f" {key}\n")
        assert caller.ask(small()).result


@pytest.mark.parametrize("key", ["two words", "line\nbreak", "schlüssel", "nul\0"])
def test_keys_that_no_header_can_carry_are_not_sent(caller, simulator, key):
    caller.key = key
    assert failed(caller, small()).kind is ErrorKind.KEY_INVALID
    assert simulator.requests == []


def test_the_list_of_models_is_read_to_its_last_page(caller, simulator):
    listed = list_models(caller.endpoint, KEY)
    assert {"gemini-3-pro-image", "gemini-nano-banana-2.1"} <= {m.id for m in listed}
    assert all("preview" not in m.id or m.id == "nano-banana-pro-preview" for m in listed)
    assert sum(r.path.endswith("/models") for r in simulator.requests) >= 2
    assert "gemini-3-pro-image" in compare_with_catalogue(listed).offered


def test_a_missing_model_is_marked(tmp_path):
    with Simulator(solid.paint, retired=["gemini-3.1-flash-image"]) as server:
        news = compare_with_catalogue(list_models(resolve_endpoint("google", server.base_url), KEY))
        assert "gemini-3.1-flash-image" in news.missing


def test_test_connection_costs_nothing_and_names_the_trouble(caller, simulator):
    assert try_connection(caller.endpoint, KEY).model_visible
    wrong = try_connection(caller.endpoint, "wrong-key")
    assert not wrong.ok
    assert "key" in wrong.sentence
    gone = try_connection(caller.endpoint, KEY, "gemini-9-image")
    assert not gone.ok
    assert simulator.posts() == 0
    nowhere = try_connection(resolve_endpoint("google", "http://127.0.0.1:9"), KEY)
    assert not nowhere.ok
    assert "could not be reached" in nowhere.sentence


def test_nothing_in_a_full_request_is_unknown_to_a_strict_server(caller, picture):
    answer = caller.ask(
        small(
            references=(picture(ReferenceRole.STYLE, name="a"), picture(name="b", kind="JPEG")),
            system_instruction="Paint. \ud800 “quotes” \\ \x00 \N{BANANA}",
            google_search=True,
            temperature=0.5,
            seed=-1,
            service_tier="standard",
            safety={"HARM_CATEGORY_HATE_SPEECH": "OFF"},
            include_thoughts=True,
        )
    )
    assert answer.result


@pytest.mark.parametrize(
    ("case", "choices"),
    [
        (9, {"image_size": "4k"}),
        (9, {"image_size": "512px"}),
        (9, {"image_size": "512"}),
        (9, {"image_size": "2K", "model": "gemini-3.1-flash-lite-image"}),
        (10, {"aspect_ratio": "4:1"}),
        (10, {"aspect_ratio": "16x9"}),
        (10, {"aspect_ratio": "auto"}),
        (11, {"model": "gemini-2.5-flash"}),
        (12, {"temperature": 1.5}),
        (13, {"thinking_level": "MINIMAL"}),
        (13, {"system_instruction": "x", "model": "gemini-2.5-flash-image"}),
        (13, {"image_search": True}),
    ],
)
def test_a_refused_setting_is_named_in_the_services_words(caller, simulator, case, choices):
    error = failed(caller, small(**choices))
    assert error.kind is ErrorKind.REQUEST, case
    assert error.http_status == 400
    assert error.detail
    assert simulator.posts() == 1


def test_a_picture_that_is_not_what_it_says_is_refused(caller, tmp_path):
    path = tmp_path / "a.png"
    path.write_bytes(b"BM" + bytes(60))
    error = failed(caller, small(references=(Reference(ReferenceRole.STYLE, str(path)),)))
    assert error.kind is ErrorKind.REQUEST
    assert "process input image" in error.detail


@pytest.mark.parametrize("name", ["a.bmp", "a.exr", "a"])
def test_types_that_the_service_refuses_are_not_sent(caller, simulator, tmp_path, name):
    (tmp_path / name).write_bytes(b"x")
    request = small(references=(Reference(ReferenceRole.STYLE, str(tmp_path / name)),))
    assert failed(caller, request).kind is ErrorKind.INPUT
    assert simulator.requests == []


def test_the_echo_of_a_picture_does_not_get_into_the_error(caller, simulator):
    simulator.script("error_huge", times=1)
    error = failed(caller, small())
    assert error.kind is ErrorKind.REQUEST
    assert len(error.detail) <= 500


@pytest.mark.parametrize(("model", "count"), [("gemini-3-pro-image", 15), ("gemini-2.5-flash-image", 4)])
def test_too_many_pictures_are_told(caller, picture, model, count):
    references = tuple(picture(ReferenceRole.STYLE, name=str(n)) for n in range(count))
    assert failed(caller, small(model=model, references=references)).kind is ErrorKind.REQUEST


def test_a_picture_of_more_than_7_mb_is_told(caller, tmp_path, picture):
    reference = picture()
    path = Path(reference.path)
    path.write_bytes(path.read_bytes() + bytes(8 * 2**20))
    error = failed(caller, small(references=(reference,)))
    assert error.kind in (ErrorKind.REQUEST, ErrorKind.TOO_LARGE)


@pytest.mark.parametrize("dialect", ["google", "cometapi"])
def test_a_body_over_the_servers_limit_is_told(tmp_path, picture, dialect):
    with Simulator(solid.paint, body_limit=10_000, dialect=dialect) as server:
        caller = Caller(server.base_url, tmp_path / "results", provider=dialect)
        error = failed(caller, small(references=(picture(size=(200, 200)),)))
    assert error.kind is ErrorKind.TOO_LARGE


def test_a_body_over_the_providers_limit_is_not_sent(caller, simulator, picture):
    base = resolve_endpoint("google", simulator.base_url)
    tight = replace(base, provider=base.provider._replace(body_limit=5000))
    with pytest.raises(NanoBananaError) as caught:
        generate(small(references=(picture(size=(200, 200)),)), tight, KEY, caller.folder)
    assert caught.value.kind is ErrorKind.TOO_LARGE
    assert "Nothing was sent" in caught.value.message
    assert simulator.requests == []
    assert caller.left() == []


@pytest.mark.parametrize("make", [lambda p: None, lambda p: p.write_bytes(b""), lambda p: p.mkdir()])
def test_a_reference_that_cannot_be_read_is_told_before_sending(caller, simulator, tmp_path, make):
    path = tmp_path / "lost.png"
    make(path)
    error = failed(caller, small(references=(Reference(ReferenceRole.STYLE, str(path)),)))
    assert error.kind is ErrorKind.INPUT
    assert "lost.png" in error.message
    assert simulator.requests == []


def test_a_folder_that_cannot_be_written_is_told_before_sending(caller, simulator, tmp_path):
    (tmp_path / "results").write_text("a file where the folder should be")
    with pytest.raises(NanoBananaError) as caught:
        caller.ask(small())
    assert caught.value.kind is ErrorKind.DISK
    assert simulator.requests == []


def test_a_full_disk_is_told_before_sending(caller, simulator, monkeypatch):
    from nano_banana_addon.wire.contract import spool

    monkeypatch.setattr(spool, "NEEDED_SPACE", 2**62)
    error = failed(caller, small())
    assert error.kind is ErrorKind.DISK
    assert simulator.requests == []


@pytest.mark.parametrize(
    "address",
    [
        "http://example.com",
        "ftp://127.0.0.1",
        "https://user:secret@host",
        "https://h/?key=secret",
        "",
        "//x",
    ],
)
def test_addresses_that_would_give_the_key_away_are_refused(address):
    with pytest.raises(InputError) as caught:
        resolve_endpoint("offline", address)
    assert "secret" not in caught.value.to_sentence()


@pytest.mark.parametrize(
    ("address", "base"),
    [
        ("http://localhost:80/", "http://localhost:80"),
        ("http://[::1]:8080", "http://[::1]:8080"),
        ("https://aihubmix.com/gemini/v1beta", "https://aihubmix.com/gemini"),
    ],
)
def test_an_address_of_its_own(address, base):
    assert resolve_endpoint("google", address).base_url == base
