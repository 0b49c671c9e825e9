# SPDX-License-Identifier: GPL-3.0-or-later
"""Contract case 36: references that are too many for one body go through the Files API."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from devtools.simulator import solid
from devtools.simulator.server import Simulator
from nano_banana_addon.core.constants import ReferenceRole
from nano_banana_addon.core.errors import ErrorKind, InputError, NanoBananaError
from nano_banana_addon.wire.client.client import generate
from nano_banana_addon.wire.gemini.files_api import FileUploader, MemoryCache
from nano_banana_addon.wire.providers import resolve_endpoint
from nano_banana_addon.wire.retry import compute_wait

from .conftest import KEY, small


class Desk:
    """An artist whose provider takes small bodies only."""

    def __init__(self, base_url: str, folder, references) -> None:
        base = resolve_endpoint("google", base_url)
        self.endpoint = replace(base, provider=base.provider._replace(body_limit=4000))
        self.cache = MemoryCache()
        self.files = FileUploader(self.endpoint, KEY, self.cache)
        self.folder = folder
        self.request = small(references=references)

    def ask(self):
        return generate(self.request, self.endpoint, KEY, self.folder, uploader=self.files)


@pytest.fixture
def references(picture):
    return (
        picture(ReferenceRole.STYLE, (90, 90), name="style"),
        picture(ReferenceRole.STRUCTURE, (160, 90), name="structure"),
    )


@pytest.fixture
def desk(simulator, tmp_path, references) -> Desk:
    return Desk(simulator.base_url, tmp_path / "results", references)


def uploads(simulator) -> int:
    return sum(r.path.startswith("/upload/") and "upload_id" not in str(r.path) for r in simulator.requests)


def starts(simulator) -> int:
    return sum(r.headers.get("x-goog-upload-command") == "start" for r in simulator.requests)


def test_pictures_are_uploaded_once_and_used_again(desk, simulator):
    assert desk.ask().result
    assert starts(simulator) == 2
    assert desk.ask().result
    assert starts(simulator) == 2, "the second request used what was there"
    assert len(list(desk.cache.items())) == 2


def test_expired_files_are_uploaded_anew(desk, simulator):
    desk.ask()
    simulator.expire_files()
    with pytest.raises(NanoBananaError) as caught:
        desk.ask()
    assert caught.value.kind is ErrorKind.FILE_GONE
    assert compute_wait(caught.value, 1) == 0.0
    assert compute_wait(caught.value, 2) is None
    desk.files.forget_all()
    assert desk.ask().result
    assert starts(simulator) == 4


def test_our_own_clock_forgets_them_in_time(desk, simulator, monkeypatch):
    desk.ask()
    monkeypatch.setattr(time, "time", lambda real=time.time: real() + 48 * 3600)
    assert desk.ask().result
    assert starts(simulator) == 4


def test_a_file_that_is_not_ready_is_waited_for(tmp_path, references):
    with Simulator(solid.paint, keys=frozenset({KEY}), file_polls=2) as server:
        assert Desk(server.base_url, tmp_path / "results", references).ask().result


def test_deleting_is_complete_and_may_be_repeated(desk, simulator):
    desk.ask()
    assert desk.files.delete_all() == 2
    assert desk.files.delete_all() == 0
    assert not list(desk.cache.items())
    desk.ask()
    simulator.expire_files()
    assert desk.files.delete_all() == 0
    assert not list(desk.cache.items())


@pytest.mark.parametrize("case", ["close", "reset", "500_internal", "503_overloaded"])
def test_trouble_while_uploading_is_never_an_unknown_result(desk, simulator, case):
    simulator.script(case, times=1, on="upload")
    with pytest.raises(NanoBananaError) as caught:
        desk.ask()
    assert caught.value.kind in (ErrorKind.NETWORK, ErrorKind.SERVER, ErrorKind.CAPACITY)
    assert compute_wait(caught.value, 1) is not None
    assert simulator.posts() == 0
    assert desk.ask().result


@pytest.mark.parametrize(
    ("ours", "named"),
    [
        ("https://api.vendor.co.uk", "https://evil.co.uk/u"),
        ("https://a.github.io", "https://evil.github.io/u"),
        ("https://10.0.0.1", "https://192.168.0.1/u"),
        ("https://api.example.com", "https://api.example.com:8443/u"),
        ("https://api.example.com", "https://user:word@api.example.com/u"),
        ("https://api.example.com", "http://api.example.com/u"),
        ("https://api.example.com", "https://upload.example.com/u"),
        ("https://api.example.com", "https://api.example.com:99999/u"),
        ("http://127.0.0.1:8000", "http://127.0.0.1:8001/u"),
        ("https://api.example.com", "//api.example.com/u"),
        ("https://api.example.com", ""),
    ],
)
def test_the_key_is_not_sent_to_an_upload_address_elsewhere(ours, named):
    files = FileUploader(resolve_endpoint("google", ours), KEY)
    with pytest.raises(NanoBananaError, match="no usable address"):
        files._check_upload_address(named)


@pytest.mark.parametrize("named", ["https://api.example.com/u?id=1", "https://API.example.com:443/u"])
def test_an_upload_address_at_the_providers_own_host_is_used(named):
    FileUploader(resolve_endpoint("google", "https://api.example.com"), KEY)._check_upload_address(named)


def test_a_provider_without_uploads_says_so(simulator):
    with pytest.raises(InputError):
        FileUploader(resolve_endpoint("cometapi", simulator.base_url), KEY)
