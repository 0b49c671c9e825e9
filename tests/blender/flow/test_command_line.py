# SPDX-License-Identifier: GPL-3.0-or-later
"""The command line: one JSON object per result, an exit status that a farm can act on, no key anywhere."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import bpy
import pytest

from devtools.simulator.server import Simulator
from nano_banana_addon import cli

from .conftest import KEY


@pytest.fixture
def run(server: Simulator, scene: bpy.types.Scene, tmp_path: Path) -> Any:
    """Run a command against the server: its status, and the objects that it wrote."""

    def run_command(*words: str) -> tuple[int, list[dict[str, Any]]]:
        target = tmp_path / "out.jsonl"
        target.unlink(missing_ok=True)
        base = ["--base-url", server.base_url] if words[0] != "models" else []
        status = cli.main([*words, *base, "--json", str(target)])
        lines = target.read_text().splitlines() if target.exists() else []
        assert KEY not in "".join(lines)
        return status, [json.loads(line) for line in lines]

    return run_command


@pytest.mark.full_size
def test_a_restyle_leaves_the_picture_and_one_line(run: Any, tmp_path: Path) -> None:
    out = tmp_path / "results"
    status, lines = run("restyle", "--prompt", "ink", "--size", "4K", "--source", "camera", "--out", str(out))
    assert status == 0
    (told,) = lines
    assert told.keys() >= {
        "id",
        "state",
        "files",
        "width",
        "height",
        "model",
        "usage",
        "cost_usd",
        "error",
    }
    assert (told["state"], told["width"], told["height"]) == ("DONE", 5504, 3072)
    assert (told["model"], told["error"]) == ("gemini-3-pro-image", None)
    assert told["cost_usd"] == pytest.approx(0.25, abs=0.03)
    assert [Path(f).parent for f in told["files"]] == [out]
    assert Path(told["files"][0]).read_bytes()[:2] == b"\xff\xd8"


@pytest.mark.full_size
def test_a_dry_run_shows_everything_and_sends_nothing(
    run: Any, server: Simulator, capsys: pytest.CaptureFixture[str]
) -> None:
    status, lines = run("restyle", "--prompt", "ink and wash", "--dry-run", "--variants", "2")
    assert status == 0
    assert not [r for r in server.requests if r.method == "POST"]
    assert [line["state"] for line in lines] == ["DRY_RUN"] * 2
    assert lines[0]["estimate_usd"] == pytest.approx(0.28, abs=0.02)
    told = capsys.readouterr().err
    assert "ink and wash" in told
    assert "$0.28" in told


@pytest.mark.parametrize(
    ("case", "status", "state", "kind"),
    [
        ("refusal_image_other", 3, "REFUSED", "REFUSED"),
        ("429_per_day", 1, "FAILED", "QUOTA_DAY"),
        ("close", 5, "UNKNOWN", "UNKNOWN_RESULT"),
    ],
)
def test_the_status_tells_what_came_of_it(
    run: Any, server: Simulator, case: str, status: int, state: str, kind: str
) -> None:
    server.script(case, times=1)
    got, (told,) = run("restyle", "--prompt", "ink")
    assert (got, told["state"], told["error"]["kind"]) == (status, state, kind)
    assert len([r for r in server.requests if r.method == "POST"]) == 1  # never a blind second POST


@pytest.mark.parametrize("words", [["restyle", "--sauce", "camera"], ["restyle", "--source", "kitchen"], ["paint"], []])
def test_bad_arguments_are_status_2(words: list[str]) -> None:
    assert cli.main(words) == 2


@pytest.mark.parametrize(
    "words",
    [
        ["--reference", "ink.png"],
        ["--reference", "style:/nowhere.png"],
        ["--size", "3K"],
        ["--ratio", "7:5"],
        ["--provider", "nobody"],
        ["--prompt-file", "/nowhere.txt"],
    ],
)
def test_what_cannot_be_sent_is_status_1_with_a_sentence(run: Any, words: list[str]) -> None:
    prompt = [] if "--prompt-file" in words else ["--prompt", "ink"]
    status, (told,) = run("restyle", *prompt, *words)
    assert status == 1
    assert (told["id"], told["error"]["kind"]) == (None, "INPUT")
    assert len(told["error"]["message"]) > 20


def test_offline_marks_what_it_painted(run: Any, tmp_path: Path, scene: bpy.types.Scene) -> None:
    status = cli.main(
        [
            "restyle",
            "--prompt",
            "ink",
            "--provider",
            "offline",
            "--out",
            str(tmp_path / "o"),
            "--json",
            str(tmp_path / "o.jsonl"),
        ]
    )
    told = json.loads((tmp_path / "o.jsonl").read_text())
    assert status == 0
    assert told["offline_preview"] is True
    assert "offline-preview" in told["files"][0]
    assert told["cost_usd"] == 0


def test_results_become_layers_of_the_compositor(run: Any, tmp_path: Path) -> None:
    _status, (first,) = run("restyle", "--prompt", "rain", "--source", "camera")
    run("restyle", "--prompt", "snow", "--source", "camera", "--apply", "compositor")
    bpy.context.scene.render.engine = "BLENDER_WORKBENCH"  # EEVEE compiles for half a minute without a graphics card
    told, frame = tmp_path / "told.jsonl", tmp_path / "frame.png"
    words = ("--result", first["id"], "--mask", "wipe:0-0.5", "--blend", "multiply", "--out", str(frame))
    assert cli.main(["composite", *words, "--json", str(told)]) == 0
    line = json.loads(told.read_text())
    assert line["layers"] == ["rain", "snow"]
    assert line["files"] == [str(frame)]
    assert frame.is_file()
    assert cli.main(["composite", "--result", "nothing", "--json", str(told)]) == 1


def test_the_models_are_listed_with_their_prices(run: Any) -> None:
    status, lines = run("models")
    assert status == 0
    pro = next(line for line in lines if line["id"] == "gemini-3-pro-image")
    assert pro["price_usd"] == {"1K": 0.1344, "2K": 0.1344, "4K": 0.24}
