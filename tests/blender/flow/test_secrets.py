# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever the service repeats, the key stands in no file that the add-on or Blender writes."""

from __future__ import annotations

import base64
import json
import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote

import bpy
import pytest

from devtools.simulator.server import Simulator
from nano_banana_addon import cli
from nano_banana_addon.blender.host import folders, preferences
from nano_banana_addon.core.constants import State
from nano_banana_addon.features.generation import request_builder, scene_settings
from nano_banana_addon.session import panel_state, session
from nano_banana_addon.storage.keyring import cache
from tests.support import keyrings

from .conftest import latest, press

Turned = Callable[..., None]
#: Looks like no known key, so that only knowing it helps.
PLANTED = "planted+key/of=odd_signs-0123456789"
FORMS = (
    PLANTED.encode(),
    quote(PLANTED, safe="").encode(),
    base64.b64encode(PLANTED.encode()),
    json.dumps(PLANTED).encode()[1:-1],
    PLANTED.encode().hex().encode(),
    PLANTED.encode("utf-16-le"),
)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Simulator]:
    with Simulator(keys=frozenset({PLANTED})) as running:
        yield running


@pytest.fixture(autouse=True, params=["preferences", pytest.param("keyring", marks=keyrings.needs_keyring)])
def planted(google: None, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Iterator[None]:
    """The key comes from the preferences, which lie in the same Blender as the file, or from the keyring."""
    monkeypatch.delenv("GEMINI_API_KEY")
    if request.param == "preferences":
        preferences.get_preferences().key_google = PLANTED
        yield
        preferences.get_preferences().key_google = ""
        return
    with keyrings.session(monkeypatch) as desktop:
        desktop.start_keyring()
        cache.keep("google", PLANTED)
        yield
    cache.forget()


def at_rest() -> bool:
    here = session.current()
    return not here.under_way and not here.to_deliver


def found_in(folder: Path) -> list[str]:
    """The files that hold the key in any form."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert files
    return [
        f"{path.name}: {form!r}" for path in files for data in (path.read_bytes(),) for form in FORMS if form in data
    ]


def test_no_file_of_the_store_and_no_blend_holds_the_key(
    scene: bpy.types.Scene,
    server: Simulator,
    turned: Turned,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.DEBUG)
    for case in ("error_echo_key", "text_image", "refusal_image_safety", "close_in_body"):
        server.script(case, times=1)
        press(prompt=f"repeat: {case}", deliveries=("IMAGE", "MATERIAL"))
        turned(at_rest)
    press(prompt="a neon alley", deliveries=("IMAGE", "MATERIAL"))
    turned(at_rest)
    assert latest().state is State.DONE
    bpy.ops.nano_banana.continue_generation(generation=latest().id, prompt="make it night")
    bpy.ops.nano_banana.refresh_models()
    bpy.ops.nano_banana.show_request()
    told = tmp_path / "told.jsonl"
    server.script("error_echo_key", times=1)
    cli.main(["restyle", "--prompt", "again", "--json", str(told), "--base-url", server.base_url])
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "saved.blend"), compress=False)
    home = folders.home()
    assert {"history.sqlite", "log", "turns", "results"} <= {p.name for p in home.iterdir()}
    assert list((home / "log").glob("courier-*.log"))
    assert found_in(home) == []
    assert found_in(tmp_path) == []
    said = capfd.readouterr()
    assert PLANTED not in said.out + said.err + caplog.text
    shown = panel_state.get_properties()
    assert PLANTED not in " ".join([shown.notice, shown.connection, *(r.message for r in shown.results)])


def test_an_order_and_its_key_do_not_show_it(scene: bpy.types.Scene) -> None:
    order = request_builder.prepare(bpy.context, scene_settings.settings_of(scene))
    assert order.destination.key == PLANTED
    assert PLANTED not in repr(order)


def test_the_search_would_find_it(tmp_path: Path) -> None:
    """The test above can fail: each form is found where it is."""
    for number, form in enumerate(FORMS):
        (tmp_path / str(number)).write_bytes(b"before " + form + b" after")
    assert len({line.split(":")[0] for line in found_in(tmp_path)}) == len(FORMS)
