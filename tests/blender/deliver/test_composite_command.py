"""The command `composite`: layers with masks without a window, as a farm makes them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import bpy
import numpy as np
import pytest

from nano_banana_addon import cli
from nano_banana_addon.blender.deliver.compositor import compositor, masks
from nano_banana_addon.blender.host import compat

from . import pictures
from .staging import add_camera, add_cube

SIZE = (96, 54)


@pytest.fixture
def run(scene: bpy.types.Scene, tmp_path: Path) -> Any:
    """Run the command over a cube before a camera: its status and what it wrote."""
    scene.render.resolution_x, scene.render.resolution_y = SIZE
    add_camera(scene)
    add_cube(scene)

    def run_command(*words: str) -> tuple[int, dict[str, Any]]:
        target = tmp_path / "out.jsonl"
        target.unlink(missing_ok=True)
        status = cli.main(["composite", *words, "--json", str(target)])
        return status, json.loads(target.read_text()) if target.exists() else {}

    return run_command


@pytest.fixture
def white(tmp_path: Path) -> str:
    """A white image file."""
    return str(pictures.write_png(tmp_path / "white.png", np.full((54, 96, 3), 255, np.uint8)))


def test_an_image_is_put_over_an_object_and_rendered(run: Any, white: str, tmp_path: Path) -> None:
    plain, shown = tmp_path / "plain.png", tmp_path / "shown.png"
    compat.set_image_format(bpy.context.scene.render.image_settings, {"file_format": "JPEG"})
    before = compat.image_format(bpy.context.scene.render.image_settings)
    status, told = run("--image", white, "--mask", "object:Cube", "--invert", "--out", str(plain))
    assert (status, told["state"], told["files"]) == (0, "DONE", [str(plain)])
    assert told["layers"] == ["white.png"]
    assert any("switched on" in note for note in told["notes"])
    compositor.remove(bpy.context.scene)
    status, _told = run("--image", white, "--mask", "object:Cube", "--opacity", "0.5", "--out", str(shown))
    assert status == 0
    around, on = pictures.read_png(plain), pictures.read_png(shown)
    is_cube = (around < 250).any(axis=-1)
    assert 0.05 < is_cube.mean() < 0.6
    assert (on[is_cube] > around[is_cube]).all()
    assert (on[~is_cube] < 250).all()
    assert compat.image_format(bpy.context.scene.render.image_settings) == before


def test_a_saved_file_shows_the_same_layers_from_another_folder(run: Any, tmp_path: Path) -> None:
    project = tmp_path / "project"
    project.mkdir()
    bpy.ops.wm.save_as_mainfile(filepath=str(project / "shot.blend"))
    image = pictures.write_png(project / "white.png", np.full((54, 96, 3), 255, np.uint8))
    mask = pictures.write_png(project / "mask.png", np.full((54, 96, 3), 255, np.uint8))
    words = ("--mask", f"image:{mask}", "--mask", "!depth:0-3~0.5", "--blend", "screen")
    status, told = run("--image", str(image), *words, "--out", str(project / "shot.blend"))
    assert status == 0, told
    moved = project.rename(tmp_path / "farm")
    bpy.ops.wm.open_mainfile(filepath=str(moved / "shot.blend"))
    status, told = run("--out", str(moved / "frame.exr"))
    assert (status, told["notes"]) == (0, [])
    assert (moved / "frame.exr").is_file()
    layer = compositor.group_node(bpy.context.scene)
    assert [masks.kind_of(mask).id for mask in masks.list_masks(layer)] == ["IMAGE", "DEPTH"]
    (moved / "white.png").unlink()
    status, told = run()
    assert status == 0
    assert any("missing" in note and "white.png" in note for note in told["notes"])


@pytest.mark.parametrize(
    "words",
    [
        ("--mask", "object:Nobody"),
        ("--mask", "depth:far"),
        ("--mask", "depth:9-2"),
        ("--mask", "moon"),
        ("--mask", "image:nothing.png"),
        ("--out", "film.xyz"),
    ],
)
def test_bad_arguments_are_told_and_leave_no_layer(run: Any, white: str, words: tuple[str, ...]) -> None:
    status, told = run("--image", white, *words)
    assert status == 1
    assert told["state"] == "FAILED"
    assert told["error"]["message"]
    if words[0] == "--mask":
        assert compositor.group_node(bpy.context.scene) is None


def test_without_an_image_there_must_be_layers(run: Any) -> None:
    status, told = run("--mask", "alpha")
    assert (status, told["state"]) == (1, "FAILED")
    status, told = run()
    assert status == 1
    assert run("--blend", "sideways")[0] == 2
