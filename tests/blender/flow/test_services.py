# SPDX-License-Identifier: GPL-3.0-or-later
"""One scene, one prompt, every image service, by the command line: a dry run, and an image in the frame."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import bpy
import pytest
from PIL import Image

from devtools.simulator import solid
from devtools.simulator.server import Simulator
from nano_banana_addon import cli
from nano_banana_addon.blender.host import preferences
from nano_banana_addon.core import models
from nano_banana_addon.wire.providers import PROVIDERS
from tests.support.source import ROOT

from .conftest import KEY

#: It takes the capture with its depths and lines.
WORKFLOW = ROOT / "tests" / "ui" / "comfyui_mosaic.json"

#: Provider, model, size, source.
CASES = [
    ("cometapi", "seedream-4.5", "2K", "camera"),
    ("cometapi", "flux-2-klein-9b", "1K", "image"),
    ("cometapi", "midjourney", "2K", "none"),
    ("openai", "gpt-image-2", "1K", "camera"),
    ("openai", "gpt-image-2", "1K", "none"),
    ("ark", "seedream-4.0", "1K", "render"),
    ("openrouter", "seedream-4.5", "2K", "image"),
    ("bfl", "flux-2-pro", "1K", "camera"),
    ("sdapi", "stable-diffusion", "1K", "camera"),
    ("sdcpp", "stable-diffusion-cpp", "512", "last-render"),
    ("comfyui", "comfyui-sd15", "512", "camera"),
    ("comfyui", "comfyui-flux-kontext", "1K", "none"),
    ("comfyui", "comfyui-workflow", "1K", "camera"),
]


@pytest.fixture
def drawing(tmp_path: Path) -> str:
    path = tmp_path / "drawing.png"
    Image.new("RGB", (320, 180), (90, 20, 20)).save(path)
    return str(path)


@pytest.mark.parametrize(("provider", "model", "size", "source"), CASES)
def test_a_restyle_by_each_service(
    provider: str, model: str, size: str, source: str, scene: Any, drawing: str, tmp_path: Path, monkeypatch: Any
) -> None:
    found, entry, prefs = models.find(model), PROVIDERS[provider], preferences.get_preferences()
    for variable in entry.key_variables[:1]:
        monkeypatch.setenv(variable, KEY)
    key = KEY
    if not entry.key_variables:
        key = "artist:secret"
        setattr(prefs, preferences.key_property(entry), key)
    prefs.accepts_unofficial = True
    scene.render.engine = "BLENDER_WORKBENCH"
    if source == "last-render":
        bpy.ops.render.render()
    words = ["restyle", "--prompt", "ink", "--provider", provider, "--model", model, "--size", size, "--source", source]
    words += ["--image", drawing] if source == "image" else []
    words += ["--workflow", str(WORKFLOW), "--guides", "depth", "lines"] if found.own_workflow else []
    try:
        with Simulator(solid.paint, keys=frozenset({key}), dialect=provider) as server:
            words += ["--base-url", server.base_url, "--json", str(tmp_path / "told.jsonl")]
            assert cli.main([*words, "--dry-run"]) == 0
            assert [entry for entry in server.requests if entry.method == "POST"] == []
            (planned,) = map(json.loads, (tmp_path / "told.jsonl").read_text().splitlines())
            (tmp_path / "told.jsonl").unlink()
            status = cli.main([*words, "--out", str(tmp_path / "out"), "--apply", "image"])
            assert len(server.billed) == 1
    finally:
        prefs.accepts_unofficial = False
    text = (tmp_path / "told.jsonl").read_text()
    (told,) = map(json.loads, text.splitlines())
    assert (status, told["state"], told["error"]) == (0, "DONE", None)
    assert key not in text
    assert (told["cost_usd"] == 0) == found.prices.is_free
    assert told["cost_usd"] == pytest.approx(planned["estimate_usd"], rel=1.0)
    if found.sends_image_size:
        ratio = 1.0 if source == "none" else 320 / 180
        assert told["width"] / told["height"] == pytest.approx(ratio, rel=0.01)
    image = next(i for i in bpy.data.images if i.get("nano_banana_generation") == told["id"])
    assert ("SynthID" in image["nano_banana_origin"]) is False


@pytest.mark.parametrize("provider", ["bfl", "sdapi", "openrouter"])
def test_a_provider_without_a_model_is_asked_for_its_first_one(
    provider: str, scene: Any, drawing: str, tmp_path: Path, monkeypatch: Any
) -> None:
    """Where it lacks the scene's. A size that this one lacks becomes its own, but not one that was asked for."""
    entry = PROVIDERS[provider]
    for variable in entry.key_variables[:1]:
        monkeypatch.setenv(variable, KEY)
    words = ["restyle", "--prompt", "ink", "--provider", provider, "--source", "image", "--image", drawing]
    with Simulator(solid.paint, keys=None, dialect=provider) as server:
        words += ["--base-url", server.base_url, "--json", str(tmp_path / "told.jsonl")]
        assert cli.main([*words, "--size", "3K"]) != 0
        assert server.billed == []
        assert cli.main(words) == 0
    refused, told = map(json.loads, (tmp_path / "told.jsonl").read_text().splitlines())
    assert "has no size '3K'" in refused["error"]["message"]
    assert entry.offers(models.find(told["model"]))


@pytest.mark.parametrize(
    ("model", "words", "said"),
    [
        ("comfyui-workflow", ["restyle", "--guides", "depth"], "wants an image for Lines"),
        ("comfyui-workflow", ["restyle", "--guides", "normal", "depth", "lines"], "no input for NB Normal"),
        ("comfyui-workflow", ["texture", "--guides", "clay", "depth", "lines"], "no input for NB Style"),
        ("comfyui-sd15", ["texture", "--guides", "clay", "depth"], "takes no reference as style"),
    ],
)
def test_what_comfyui_cannot_take_is_refused_before_anything_is_recorded(
    model: str, words: list[str], said: str, scene: Any, tmp_path: Path, capsys: Any
) -> None:
    with Simulator(solid.paint, keys=None, dialect="comfyui") as server:
        words += ["--prompt", "ink", "--provider", "comfyui", "--model", model, "--base-url", server.base_url]
        words += ["--workflow", str(WORKFLOW)] if model == "comfyui-workflow" else []
        assert cli.main([*words, "--json", str(tmp_path / "told.jsonl")]) != 0
        assert server.requests == []
    (told,) = map(json.loads, (tmp_path / "told.jsonl").read_text().splitlines())
    assert said in told["error"]["message"]
    assert told.get("id") is None


@pytest.mark.parametrize("words", [["restyle", "--variants", "2", "--apply", "image"], ["storyboard"]])
def test_matching_images_come_from_one_call_each_in_its_place(
    words: list[str], scene: Any, tmp_path: Path, monkeypatch: Any
) -> None:
    monkeypatch.setenv("ARK_API_KEY", KEY)
    scene.render.engine = "BLENDER_WORKBENCH"
    second = scene.camera.copy()
    second.location.x += 0.5
    scene.collection.objects.link(second)
    for frame, camera in ((1, scene.camera), (20, second)):
        scene.timeline_markers.new(f"shot {frame}", frame=frame).camera = camera
    words += ["--prompt", "ink", "--provider", "ark", "--model", "seedream-4.0", "--size", "1K", "--together"]
    with Simulator(solid.paint, keys=frozenset({KEY}), dialect="ark") as server:
        words += ["--base-url", server.base_url, "--json", str(tmp_path / "told.jsonl")]
        assert cli.main([*words, "--dry-run"]) == 0
        planned = list(map(json.loads, (tmp_path / "told.jsonl").read_text().splitlines()))
        (tmp_path / "told.jsonl").unlink()
        assert cli.main([*words, "--out", str(tmp_path / "out")]) == 0
        told = list(map(json.loads, (tmp_path / "told.jsonl").read_text().splitlines()))
        assert [bill.pictures for bill in server.billed] == [2]
    assert [entry["state"] for entry in told] == ["DONE", "DONE"]
    assert len(list((tmp_path / "out").iterdir())) == 2
    assert len({path.read_bytes() for path in (tmp_path / "out").iterdir()}) == 2
    assert sum(entry["cost_usd"] for entry in told) == pytest.approx(planned[0]["estimate_usd"]) == pytest.approx(0.06)
    captures = 2 if words[0] == "storyboard" else 1
    assert len(planned[0]["request"]["references"]) == captures
    if words[0] == "storyboard":
        (board,) = (other for other in bpy.data.scenes if other is not scene)
        assert len(board.sequence_editor.strips) == 2
