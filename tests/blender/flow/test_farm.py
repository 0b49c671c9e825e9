# SPDX-License-Identifier: GPL-3.0-or-later
"""A job folder from the scene and back: captured here, generated anywhere, delivered into the file it came from."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import bpy
import pytest
from PIL import Image

from devtools.simulator.server import Simulator
from nano_banana_addon import cli
from nano_banana_addon.blender.host import compat, preferences
from nano_banana_addon.features.storyboard.board import find_board
from nano_banana_addon.session import session
from nano_banana_addon.storage.database import ledger

from .conftest import KEY

Run = Callable[..., int]


@pytest.fixture
def run(server: Simulator, scene: bpy.types.Scene, tmp_path: Path) -> Run:
    """Run a command on the job folder, in a file that is saved; returns its status."""
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "film.blend"))
    preferences.get_preferences().pacing_limit = 0.0

    def run_command(command: str, *words: str) -> int:
        return cli.main([command, str(tmp_path / "job"), *words])

    yield run_command
    preferences.get_preferences().property_unset("pacing_limit")


@pytest.fixture
def shots(scene: bpy.types.Scene) -> bpy.types.Scene:
    """Two shots at the frames 1 and 60."""
    second = scene.camera.copy()
    second.location.x = 0.5
    scene.collection.objects.link(second)
    for name, frame, camera in (("Wide", 1, scene.camera), ("Close", 60, second)):
        scene.timeline_markers.new(name, frame=frame).camera = camera
    scene.frame_end = 90
    return scene


def posts(server: Simulator) -> list[Any]:
    return [request for request in server.requests if request.method == "POST"]


def sum_costs() -> float:
    """Dollars that the artist's history has spent."""
    return sum(line.usd for line in ledger.sums(session.current().store.database))


@pytest.mark.full_size
def test_a_storyboard_comes_back_from_the_farm_as_strips_with_its_cost(
    run: Run, shots: bpy.types.Scene, server: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = sum_costs()
    monkeypatch.delenv("GEMINI_API_KEY")  # the artist's machine needs none
    assert run("capture", "storyboard", "--prompt", "ink and wash, farm") == 0
    assert posts(server) == []
    monkeypatch.setenv("GEMINI_API_KEY", KEY)
    assert run("generate", "--items", "0", "--base-url", server.base_url) == 0
    assert run("deliver") == 1  # one is missing
    assert run("paint", "--base-url", server.base_url) == 0
    assert run("deliver") == 0
    board = find_board(shots)
    spans = sorted((strip.name, *compat.strip_span(strip)) for strip in board.sequence_editor.strips)
    assert spans == [("Close", 60, 91), ("Wide", 1, 60)]
    assert len(posts(server)) == 2
    spent = sum_costs() - before
    assert spent == pytest.approx(0.27, abs=0.03)
    assert run("deliver") == 0
    assert sum_costs() - before == spent
    assert len(board.sequence_editor.strips) == 2


@pytest.mark.full_size
def test_the_folder_names_no_key_and_no_place_of_this_machine(run: Run, shots: bpy.types.Scene, tmp_path: Path) -> None:
    picture = tmp_path / "style.png"
    Image.new("RGB", (64, 64), "teal").save(picture)
    assert run("capture", "storyboard", "--prompt", "ink", "--reference", f"style:{picture}") == 0
    assert run("farm") == 0
    texts = {path: path.read_text() for path in (tmp_path / "job").iterdir() if path.is_file()}
    assert {path.name for path in texts} >= {"job.json", "template.json"}
    for path, text in texts.items():
        assert KEY not in text, path
        assert str(tmp_path) not in text, path
        assert str(Path.home()) not in text, path
    job = json.loads((tmp_path / "job" / "job.json").read_text())
    assert (job["provider"], job["items"], job["models"]) == ("google", 2, ["gemini-3-pro-image"])
    assert job["estimate_usd"] == pytest.approx(0.27, abs=0.03)
    for request in job["requests"]:
        assert all((tmp_path / "job" / each["path"]).is_file() for each in request["references"])


def test_variants_of_a_restyle_come_as_images(run: Run, scene: bpy.types.Scene, server: Simulator) -> None:
    assert run("capture", "restyle", "--prompt", "a farm in ink", "--variants", "2", "--apply", "image") == 0
    assert run("generate", "--base-url", server.base_url) == 0
    before = set(bpy.data.images)
    assert run("deliver") == 0
    assert len(set(bpy.data.images) - before) == 2


def test_a_folder_that_is_not_empty_is_not_written_to(
    run: Run, scene: bpy.types.Scene, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "job").mkdir()
    (tmp_path / "job" / "mine.txt").write_text("mine")
    assert run("capture", "restyle", "--prompt", "ink") == 1
    assert "not an empty folder" in capsys.readouterr().err
    assert [path.name for path in (tmp_path / "job").iterdir()] == ["mine.txt"]


def test_a_place_that_cannot_be_written_is_named(
    run: Run, scene: bpy.types.Scene, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "job").write_text("a file")
    assert run("capture", "restyle", "--prompt", "ink") == 1
    assert "job" in capsys.readouterr().err


@pytest.mark.full_size
def test_a_job_above_its_budget_is_not_written(run: Run, shots: bpy.types.Scene, tmp_path: Path) -> None:
    assert run("capture", "storyboard", "--prompt", "ink", "--budget", "0.2") == 4
    assert not (tmp_path / "job").exists()


def _swap_image(folder: Path) -> None:
    (image,) = folder.glob("results/*/*.jpg")
    image.write_bytes(image.read_bytes() + b"\0")


def _link_image(folder: Path) -> None:
    (image,) = folder.glob("results/*/*.jpg")
    image.rename(folder / "elsewhere.jpg")
    image.symlink_to(folder / "elsewhere.jpg")


def _change_record(folder: Path, key: str, value: object) -> None:
    (path,) = folder.glob("results/*/*.json")
    record = json.loads(path.read_text())
    record["generation"][key] = value
    path.write_text(json.dumps(record))


@pytest.mark.parametrize(
    "how",
    [
        _swap_image,
        _link_image,
        lambda folder: _change_record(folder, "batch", "another"),
        lambda folder: _change_record(folder, "cost_usd", 1e12),
        lambda folder: _change_record(folder, "id", "../../evil"),
    ],
    ids=["another image", "a link", "another job's", "a huge cost", "another id"],
)
def test_results_that_are_not_those_of_the_job_are_not_taken(
    run: Run,
    scene: bpy.types.Scene,
    server: Simulator,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    how: Callable[[Path], None],
) -> None:
    assert run("capture", "restyle", "--prompt", f"ink {tmp_path.name}") == 0
    assert run("generate", "--base-url", server.base_url) == 0
    how(tmp_path / "job")
    before, revision = sum_costs(), session.current().store.revision()
    assert run("deliver") == 1
    told = capsys.readouterr().err
    assert "Not taken" in told or "is a link" in told
    assert (sum_costs(), session.current().store.revision()) == (before, revision)
