# SPDX-License-Identifier: GPL-3.0-or-later
"""The command `texture`: one JSON object for each object, files, drift, cost, and a status that tells the worst."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import bpy
import pytest

from devtools.simulator.server import Simulator
from nano_banana_addon import cli

SMALL = [
    "--prompt",
    "clay",
    "--size",
    "512",
    "--model",
    "gemini-3.1-flash-image",
    "--texture-size",
    "128",
]


@pytest.fixture
def run(server: Simulator, sculpture: bpy.types.Object, tmp_path: Path) -> Any:
    """Run the command against the server: its status, and the objects that it wrote."""

    def run_command(*words: str) -> tuple[int, list[dict[str, Any]]]:
        target = tmp_path / "out.jsonl"
        target.unlink(missing_ok=True)
        status = cli.main(["texture", *SMALL, *words, "--base-url", server.base_url, "--json", str(target)])
        return status, [json.loads(line) for line in target.read_text().splitlines()]

    return run_command


def test_objects_by_name_get_their_files(run: Any, sculpture: bpy.types.Object, tmp_path: Path) -> None:
    sculpture.select_set(False)
    out = tmp_path / "textures"
    status, (told,) = run("--object", sculpture.name, "--views", "ring", "--count", "2", "--out", str(out))
    assert (status, told["object"], told["state"]) == (0, sculpture.name, "DONE")
    assert [Path(f).parent for f in told["files"]] == [out]
    assert 0.3 < told["coverage"] <= 1
    assert len(told["views"]) == 2
    assert told["views"][0]["drift"][0]["after_px"] is not None
    assert told["cost_usd"] > 0


def test_the_files_are_named_by_their_tiles_where_that_is_asked_for(run: Any, tmp_path: Path) -> None:
    out = tmp_path / "tiles"
    status, (told,) = run("--udim", "--count", "1", "--out", str(out))
    assert status == 0
    assert [Path(path).name.partition(".")[2] for path in told["files"]] == ["1001.png"]
    assert [path.name for path in out.glob("*1001*")] == [Path(path).name for path in told["files"]]
    assert next(image for image in bpy.data.images if image.source == "TILED").tiles[0].number == 1001


def test_a_dry_run_tells_the_price_of_all_views_and_sends_nothing(run: Any, server: Simulator) -> None:
    status, lines = run("--count", "3", "--dry-run")
    assert status == 0
    assert [line["state"] for line in lines] == ["DRY_RUN"] * 3
    assert lines[0]["estimate_usd"] > 0.1
    assert not [r for r in server.requests if r.method == "POST"]


def test_a_refused_view_is_told_and_the_others_are_put_on(run: Any, server: Simulator) -> None:
    server.script("refusal_image_other", times=1)
    status, (told,) = run("--count", "3")
    assert status == 3
    assert told["state"] == "DONE"
    assert sorted(view["state"] for view in told["views"]) == ["DONE", "DONE", "REFUSED"]
    assert next(v for v in told["views"] if v["state"] == "REFUSED")["error"]["message"]


def test_a_budget_is_held_before_anything_is_sent(run: Any, server: Simulator) -> None:
    status, (told,) = run("--count", "4", "--budget", "0.01")
    assert (status, told["error"]["kind"]) == (4, "BUDGET")
    assert not [r for r in server.requests if r.method == "POST"]
