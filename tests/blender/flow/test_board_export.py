# SPDX-License-Identifier: GPL-3.0-or-later
"""The storyboard of a scene as files: from the button, from a script, from the command line."""

from __future__ import annotations

import csv
import json
import time
from pathlib import Path

import bpy
import pytest

from devtools.simulator.server import Simulator
from nano_banana_addon import cli
from nano_banana_addon.features.storyboard.board import find_shot_strip
from nano_banana_addon.features.storyboard.shots import list_shots
from nano_banana_addon.session import background_tasks, panel_state


@pytest.fixture
def shots(scene: bpy.types.Scene) -> bpy.types.Scene:
    """Two markers with a camera of 35 mm, at frames 1 and 25; nothing is generated."""
    scene.camera.data.lens = 35
    for name, frame in (("Wide", 1), ("../Клоуз 近", 25)):
        scene.timeline_markers.new(name, frame=frame).camera = scene.camera
    scene.frame_end = 60
    return scene


@pytest.fixture
def board(shots: bpy.types.Scene, server: Simulator) -> bpy.types.Scene:
    """The same with frames."""
    bpy.ops.nano_banana.storyboard(again=True)
    return shots


@pytest.mark.parametrize("name", ["PDF", "PNG", "CSV", "OTIO", "EDL", "FCPXML"])
def test_a_script_writes_each_format(board: bpy.types.Scene, tmp_path: Path, name: str) -> None:
    target = tmp_path / "out" / "board"
    assert bpy.ops.nano_banana.export_board(filepath=str(target), format=name) == {"FINISHED"}
    (written,) = target.parent.iterdir()
    assert written.name == f"board.{name.lower()}"
    content = written.read_bytes()
    if name not in ("PDF", "PNG"):
        assert "Клоуз" in content.decode() or "\\u041a\\u043b\\u043e" in content.decode()
    if name == "PDF":
        assert content.startswith(b"%PDF")
        assert b"DCTDecode" in content


def test_strips_get_what_is_known_of_their_shots(board: bpy.types.Scene, tmp_path: Path) -> None:
    strip = find_shot_strip(board, list_shots(board)[0])
    assert strip["shot_name"] == "Wide"  # when it came
    bpy.ops.nano_banana.export_board(filepath=str(tmp_path / "a.csv"), format="CSV")
    assert (strip["shot_name"], strip["shot_lens"], strip["shot_camera"]) == ("Wide", "35 mm", board.camera.name)
    rows = list(csv.DictReader((tmp_path / "a.csv").read_text(encoding="utf-8-sig").splitlines()))
    assert [(row["Name"], row["Start"], row["Frames"]) for row in rows] == [
        ("Wide", "1", "24"),
        ("../Клоуз 近", "25", "36"),
    ]
    assert all(Path(row["Image"]).is_file() for row in rows)


def test_shots_without_a_frame_are_told(shots: bpy.types.Scene, tmp_path: Path) -> None:
    assert bpy.ops.nano_banana.export_board(filepath=str(tmp_path / "a.pdf")) == {"FINISHED"}
    assert (tmp_path / "a.pdf").read_bytes().startswith(b"%PDF")


def test_a_scene_without_shots_and_a_place_that_cannot_be_written_say_so(
    scene: bpy.types.Scene, tmp_path: Path
) -> None:
    with pytest.raises(RuntimeError, match="no shots"):
        bpy.ops.nano_banana.export_board(filepath=str(tmp_path / "a.pdf"))
    scene.timeline_markers.new("A", frame=1).camera = scene.camera
    (tmp_path / "file").write_text("")
    with pytest.raises(RuntimeError, match="cannot be written"):
        bpy.ops.nano_banana.export_board(filepath=str(tmp_path / "file" / "a.pdf"))
    with pytest.raises(RuntimeError, match="is a folder"):
        bpy.ops.nano_banana.export_board(filepath=str(tmp_path) + "/", format="CSV")


def test_the_command_line_writes_a_board(shots: bpy.types.Scene, tmp_path: Path, capsys) -> None:
    options = ["--format", "pdf", "--layout", "portrait-2x2", "--paper", "letter", "--title", "The Kettle"]
    assert cli.main(["board", *options, "--out", str(tmp_path / "b.pdf"), "--json", "-"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["files"] == [str(tmp_path / "b.pdf")]
    assert "Without an image: Wide" in told["notes"][0]
    assert cli.main(["board", "--format", "pdf", "--layout", "9x9", "--out", str(tmp_path / "c.pdf")]) == 2
    assert not (tmp_path / "c.pdf").exists()


def test_a_running_export_shows_how_far_it_is_and_can_be_cancelled() -> None:
    task = background_tasks.Task("Writing a.pdf…")
    reached: list[float] = []

    def work() -> str:
        for step in range(2000):
            task.advance(step / 2000)
            reached.append(step)
            time.sleep(0.01)
        return "Wrote it."

    background_tasks.start(work, task.title, task)
    wait_for(lambda: len(reached) > 3)
    background_tasks._poll()  # the timer, which does not turn in a test
    assert background_tasks.is_cancellable()
    assert panel_state.get_properties().notice == f"Writing a.pdf… {task.fraction:.0%}"
    assert bpy.ops.nano_banana.cancel_task() == {"FINISHED"}
    wait_for(lambda: background_tasks._poll() is None)
    assert len(reached) < 2000
    assert panel_state.get_properties().notice == "Cancelled."
    assert not background_tasks.is_running()


def wait_for(is_there, seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not is_there():
        assert time.monotonic() < end
        time.sleep(0.02)
