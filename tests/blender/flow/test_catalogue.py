# SPDX-License-Identifier: GPL-3.0-or-later
"""What a provider really offers, ids that are retired, and files that lie there."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import bpy
import pytest

from devtools.simulator.server import Simulator
from nano_banana_addon import cli
from nano_banana_addon.blender.host import folders, preferences
from nano_banana_addon.core import models
from nano_banana_addon.features.provider import model_list, test_connection
from nano_banana_addon.session import panel_state, session
from nano_banana_addon.storage.database.uploads import StoredUploads
from nano_banana_addon.storage.files import model_lists
from nano_banana_addon.wire.gemini.files_api import UploadedFile

from .conftest import KEY


@pytest.fixture(autouse=True)
def _nothing_offered_yet(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(models, "_offers", {})
    yield
    (folders.home() / "models.json").unlink(missing_ok=True)


def asked_of(server: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that offers one model that nobody here knows, and misses one that is known."""
    from nano_banana_addon.simulator.contract import models

    known = models.MODELS["gemini-3-pro-image"]
    new = type(known)("gemini-4-pro-image", "Nano Banana Ultra", sizes=known.sizes)
    listed = {n: m for n, m in models.MODELS.items() if n != "gemini-2.5-flash-image"}
    monkeypatch.setattr(models, "MODELS", listed | {new.id: new})
    from nano_banana_addon.simulator import routes

    monkeypatch.setattr(routes, "MODELS", models.MODELS)


def test_refreshing_marks_what_is_missing_and_offers_what_is_new(
    server: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked_of(server, monkeypatch)
    assert bpy.ops.nano_banana.refresh_models() == {"FINISHED"}
    assert models.is_missing("google", "gemini-2.5-flash-image")
    assert not models.is_missing("google", "gemini-3-pro-image")
    assert models.list_new_models()["gemini-4-pro-image"] == "Nano Banana Ultra"
    assert not models.is_missing("google", "gemini-4-pro-image")
    assert model_lists.load(folders.home())["google"].new


def test_what_was_refreshed_is_known_after_a_restart_without_a_call(
    server: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked_of(server, monkeypatch)
    bpy.ops.nano_banana.refresh_models()
    count = len(server.requests)
    monkeypatch.setattr(models, "_offers", {})
    model_list.load()
    assert models.is_missing("google", "gemini-2.5-flash-image")
    assert len(server.requests) == count


@pytest.mark.parametrize("text", ["", "{", "[]", '{"google": 3}', '{"google": {"new": "x"}}'])
def test_a_spoilt_list_is_passed_over(text: str) -> None:
    home = folders.home()
    home.mkdir(parents=True, exist_ok=True)
    (home / "models.json").write_text(text)
    model_list.load()
    assert not models.is_missing("google", "gemini-3-pro-image")


def test_the_button_does_not_wait_and_the_words_come(server: Simulator) -> None:
    server.script("silence", times=1, on="models", seconds=1.0)
    begun = time.monotonic()
    test_connection.start("models")
    assert panel_state.get_properties().connection == "Contacting provider…"
    end = begun + 20
    while test_connection._poll() is not None:  # the timer, which turns only with a window
        assert time.monotonic() < end
        time.sleep(0.02)
    assert panel_state.get_properties().connection_ok
    assert "offers 5 of the 5" in panel_state.get_properties().connection


def test_a_wrong_key_is_told(server: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GEMINI_API_KEY", "wrong")
    with pytest.raises(RuntimeError, match="API key"):
        bpy.ops.nano_banana.refresh_models()


# -- stored choices


def saved_with(custom: str, path: Path, model: str = "CUSTOM") -> None:
    choices = bpy.context.scene.nano_banana
    choices.model, choices.custom_model = model, custom
    bpy.ops.wm.save_as_mainfile(filepath=str(path))
    bpy.ops.wm.open_mainfile(filepath=str(path))


def test_a_retired_model_of_a_file_is_replaced_by_its_heir_with_a_notice(tmp_path: Path) -> None:
    saved_with("gemini-3-pro-image-preview", tmp_path / "old.blend")
    choices = bpy.context.scene.nano_banana
    assert (choices.model, choices.custom_model) == ("gemini-3-pro-image", "")
    assert "gemini-3-pro-image-preview is retired" in panel_state.get_properties().notice


def test_an_unknown_model_of_a_file_stays(tmp_path: Path) -> None:
    saved_with("gemini-9-image", tmp_path / "new.blend")
    choices = bpy.context.scene.nano_banana
    assert (choices.model, choices.custom_model) == ("CUSTOM", "gemini-9-image")
    assert not panel_state.get_properties().notice


def test_a_hidden_retired_id_does_not_change_the_chosen_model(tmp_path: Path) -> None:
    saved_with("gemini-3-pro-image-preview", tmp_path / "old.blend", "gemini-nano-banana-2.1")
    assert bpy.context.scene.nano_banana.model == "gemini-nano-banana-2.1"


# -- uploads and the command line


@pytest.fixture
def run(server: Simulator, tmp_path: Path) -> Callable[..., Any]:
    def run_command(*words: str) -> tuple[int, list[dict[str, Any]]]:
        target = tmp_path / "told.jsonl"
        target.unlink(missing_ok=True)
        status = cli.main([*words, "--base-url", server.base_url, "--json", str(target)])
        lines = target.read_text().splitlines() if target.exists() else []
        return status, [json.loads(line) for line in lines]

    return run_command


def test_uploads_can_be_deleted_from_the_preferences_and_the_command_line(
    run: Callable[..., Any], server: Simulator, tmp_path: Path
) -> None:
    from nano_banana_addon.wire.contract.turn_record import Turn, TurnImage
    from nano_banana_addon.wire.gemini.files_api import FileUploader
    from nano_banana_addon.wire.providers import resolve_endpoint

    image = bpy.data.images.new("Ink", 8, 8)
    image.filepath_raw, image.file_format = str(tmp_path / "ink.png"), "PNG"
    image.save()
    size = (tmp_path / "ink.png").stat().st_size
    asked = TurnImage(str(tmp_path / "ink.png"), "", "image/png", size)
    turn = Turn("google", "gemini-3-pro-image", "x", (asked,), "", ())
    kept = StoredUploads(session.current().store.database)
    files = FileUploader(resolve_endpoint("google", server.base_url), KEY, kept)
    files.upload((turn,))
    assert len(kept.items()) == 1
    assert bpy.ops.nano_banana.delete_uploads() == {"FINISHED"}
    assert kept.items() == ()
    files.upload((turn,))
    assert run("uploads")[1][0]["mime_type"] == "image/png"
    assert run("uploads", "--delete") == (0, [{"deleted": 1}])
    assert kept.items() == ()


def test_what_another_account_uploaded_is_left_alone(run: Callable[..., Any]) -> None:
    kept = StoredUploads(session.current().store.database)
    file = UploadedFile("files/x", "https://x/files/x", "image/png", time.time() + 100)
    kept.put("https://elsewhere 0123 abc image/png", file)
    assert run("uploads", "--delete") == (0, [{"deleted": 0}])
    assert len(kept.items()) == 1
    kept.forget("https://elsewhere 0123 abc image/png")


def test_models_live_lists_what_is_new(
    run: Callable[..., Any], server: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked_of(server, monkeypatch)
    status, lines = run("models", "--live")
    assert status == 0
    told = {line["id"]: line for line in lines}
    assert told["gemini-2.5-flash-image"]["offered"] is False
    assert told["gemini-4-pro-image"]["known"] is False
    assert told["gemini-4-pro-image"]["price_usd"] is None


@pytest.mark.full_size
def test_an_option_on_the_command_line_reaches_the_service(
    run: Callable[..., Any], server: Simulator, scene: bpy.types.Scene
) -> None:
    status, (told,) = run(
        *("restyle", "--prompt", "ink", "--model", "gemini-nano-banana-2.1", "--image-search"),
        *("--media-resolution", "low", "--tier", "flex", "--safety", "all=block-only-high"),
    )
    assert status == 0
    asked = server.requests[-1].json
    assert asked["serviceTier"] == "flex"
    assert asked["generationConfig"]["mediaResolution"] == "MEDIA_RESOLUTION_LOW"
    assert "imageSearch" in str(asked["tools"])
    assert {s["threshold"] for s in asked["safetySettings"]} == {"BLOCK_ONLY_HIGH"}
    assert len(asked["safetySettings"]) == 4
    assert told["sources"][0]["uri"].startswith("https://")
    assert told["search_entry_point"]


def test_a_wrong_safety_setting_is_told(run: Callable[..., Any], scene: bpy.types.Scene) -> None:
    status, (told,) = run("restyle", "--prompt", "ink", "--safety", "all=often")
    assert status == 1
    assert "OFTEN does not exist" in told["error"]["message"]


def test_the_preferences_keep_their_provider_when_another_comes_along() -> None:
    chosen = preferences.get_preferences()
    items = chosen.bl_rna.properties["provider"].enum_items
    assert len({item.value for item in items}) == len(items)
    assert items["google"].value != 0  # not a place in a list
