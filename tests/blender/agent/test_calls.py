# SPDX-License-Identifier: GPL-3.0-or-later
"""An assistant quotes, submits, asks and takes results; it pays only what it was allowed, and each key once."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import bpy
import pytest

from devtools.simulator.server import Simulator
from nano_banana_addon import cli
from nano_banana_addon.blender.deliver.material.material import group_node
from nano_banana_addon.blender.host import folders
from nano_banana_addon.features.agent import calls, script_request
from nano_banana_addon.session import session
from nano_banana_addon.storage import script_jobs
from nano_banana_addon.storage.database import ledger

from .conftest import ask, new_key, posts, wait

Allow = Callable[[float], None]


def test_a_quote_tells_price_and_all_that_is_sent_and_sends_nothing(scene: bpy.types.Scene, server: Simulator) -> None:
    request = ask()
    quoted = calls.quote(request)
    assert quoted["ok"], quoted
    assert quoted["usd"] > 0
    (sent,) = quoted["sent"]
    assert request["prompt"] in sent["text"]
    assert [reference["role"] for reference in sent["references"]] == ["STRUCTURE"]
    assert (sent["width"], sent["height"]) == (688, 384)
    assert not list(folders.ensure_incoming_folder().iterdir()), "nothing is drawn"
    assert posts(server) == 0
    assert calls.quote(json.dumps(request))["usd"] == quoted["usd"]


def test_without_the_artists_consent_nothing_is_sent_and_the_answer_says_how_to_get_it(
    scene: bpy.types.Scene, server: Simulator
) -> None:
    key, request = new_key(), ask()
    started = calls.submit(request, 1.0, key)
    assert (started["state"], posts(server)) == ("CAPTURING", 0)
    refused = wait(started["id"])
    assert (refused["state"], refused["error"]["kind"]) == ("FAILED", "BUDGET")
    assert "What Scripts May Spend" in refused["error"]["message"]
    assert calls.submit(request, 1.0, key)["state"] == "FAILED"
    assert posts(server) == 0
    assert session.current().under_way == {}


def test_what_is_free_needs_no_consent(scene: bpy.types.Scene) -> None:
    started = calls.submit(ask(provider="offline"), 0, new_key())
    assert started["ok"], started
    assert wait(started["id"])["state"] == "DONE"


def test_more_than_the_scripts_own_maximum_is_refused(scene: bpy.types.Scene, server: Simulator, allow: Allow) -> None:
    allow(5.0)
    ended = wait(calls.submit(ask(), 0.001, new_key())["id"])
    assert (ended["state"], ended["error"]["kind"]) == ("FAILED", "BUDGET")
    assert posts(server) == 0


def test_an_image_is_delivered_and_counted_under_its_caller(
    scene: bpy.types.Scene, server: Simulator, allow: Allow
) -> None:
    allow(5.0)
    request, images = ask(), len(bpy.data.images)
    usd = calls.quote(request)["usd"]
    started = calls.submit(request, usd, new_key())
    assert started["ok"], started
    assert wait(started["id"])["state"] == "DONE"
    made = calls.result(started["id"])
    assert Path(made["images"][0]["files"][0]).is_file()
    assert made["images"][0]["applied"]
    assert len(bpy.data.images) == images + 1
    (line,) = ledger.sums(session.current().store.database, ("caller",))
    assert line.group == ("the tests",)
    assert line.usd == pytest.approx(made["spent_usd"], abs=1e-6)
    assert calls.capabilities()["spending"]["spent_today_usd"] == pytest.approx(line.usd, abs=1e-6)
    again = calls.submit(request, 0, new_key())  # it exists: free
    assert wait(again["id"])["estimate_usd"] == 0
    assert calls.result(again["id"])["images"][0]["reused"]
    assert posts(server) == 1


def test_the_days_allowance_ends(scene: bpy.types.Scene, server: Simulator, allow: Allow) -> None:
    usd = calls.quote(ask())["usd"]
    allow(round(usd * 1.5, 2))
    assert wait(calls.submit(ask(), 1.0, new_key())["id"])["state"] == "DONE"
    assert wait(calls.submit(ask(), 1.0, new_key())["id"])["error"]["kind"] == "BUDGET"


def test_the_same_key_is_one_job_also_after_a_restart(scene: bpy.types.Scene, server: Simulator, allow: Allow) -> None:
    allow(5.0)
    request, key = ask(), new_key()
    started = calls.submit(request, 1.0, key)
    assert calls.submit(request, 1.0, key)["id"] == started["id"]
    wait(started["id"])
    session.close()
    repeated = calls.submit(request, 1.0, key)
    assert (repeated["id"], repeated["repeated"], repeated["state"]) == (started["id"], True, "DONE")
    assert posts(server) == 1
    assert calls.submit(ask(), 1.0, key)["error"]["kind"] == "INPUT", "another request under a used key"


def test_a_crash_between_record_and_answer_is_continued_by_the_same_key_and_paid_once(
    scene: bpy.types.Scene, server: Simulator, allow: Allow, monkeypatch: pytest.MonkeyPatch
) -> None:
    allow(5.0)
    request, key = ask(), new_key()
    with monkeypatch.context() as broken:
        broken.setattr("nano_banana_addon.features.generation.request_builder.send", lambda *_: 1 / 0)
        started = calls.submit(request, 1.0, key)
        calls.wait(started["id"], 1)
    session.close()
    job = script_jobs.find_by_key(session.current().store.database, key)
    assert calls.status(job.id)["state"] == "STOPPED"
    assert calls.submit(request, 1.0, key)["id"] == job.id
    assert wait(job.id)["state"] == "DONE"
    assert posts(server) == 1


def test_a_job_can_be_cancelled(scene: bpy.types.Scene, server: Simulator, allow: Allow) -> None:
    allow(5.0)
    server.script("silence", times=1, seconds=60)
    started = calls.submit(ask(), 1.0, new_key())
    while calls.status(started["id"])["state"] != "RUNNING":
        pass
    assert calls.cancel(started["id"])["ok"]
    ended = wait(started["id"])
    assert (ended["state"], ended["images"][0]["state"]) == ("FAILED", "CANCELLED")


def test_a_file_elsewhere_is_not_sent(scene: bpy.types.Scene, tmp_path: Path) -> None:
    secret = tmp_path / "elsewhere" / "secret.png"
    secret.parent.mkdir()
    image = bpy.data.images.new("inside", 8, 8)
    image.filepath_raw, image.file_format = str(secret), "PNG"
    image.save()
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "link.png").symlink_to(secret)
    bpy.ops.wm.save_as_mainfile(filepath=str(folder / "scene.blend"))
    for path in (str(secret), "../elsewhere/secret.png", "//../elsewhere/secret.png", "link.png", "~/secret.png"):
        refused = calls.quote(ask(references=[{"role": "STYLE", "path": path}]))
        assert refused["error"]["kind"] == "INPUT", path
    assert calls.quote(ask(references=[{"role": "STYLE", "image": "inside"}]))["ok"]


def test_a_texture_is_made_by_short_calls_alone(scene: bpy.types.Scene, server: Simulator, allow: Allow) -> None:
    """What is typed into Blender, as the official MCP server does it: names found in the running Blender."""
    allow(5.0)
    request = ask(task="texture", objects=[bpy.context.object.name])
    request["texture"] = {"count": 3, "mode": "SINGLE", "texture_size": 256}
    typed = "import json\nfrom bl_ext.user_default.nano_banana.nano_banana_addon.features.agent import calls\n"
    names: dict[str, object] = {"request": request, "key": new_key()}
    exec(typed + "quoted = calls.quote(json.dumps(request))", names)
    assert names["quoted"]["images"] == 3, names["quoted"]
    exec(typed + "started = calls.submit(request, quoted['usd'], key)", names)
    assert names["started"]["ok"], names["started"]
    assert wait(names["started"]["id"])["state"] == "DONE"
    made = calls.result(names["started"]["id"])
    (texture,) = made["textures"]
    assert texture["coverage"] > 0.3
    assert Path(texture["files"][0]).is_file()
    assert group_node(bpy.context.object.active_material) is not None
    assert posts(server) == 3


def test_the_command_line_waits_and_writes_json(
    scene: bpy.types.Scene, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = tmp_path / "arguments.json"
    asked = {"request": ask(provider="offline"), "max_usd": 0, "idempotency_key": new_key()}
    arguments.write_text(json.dumps(asked), encoding="utf-8")
    saved = tmp_path / "after.blend"
    assert cli.main(["agent", "submit", str(arguments), "--save", str(saved)]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines() if line.startswith("{")]
    assert [line["state"] for line in lines][-1] == "DONE"
    assert saved.is_file()
    arguments.write_text('{"request": {"task": "restyle"}, "max_usd": NaN}', encoding="utf-8")
    assert cli.main(["agent", "submit", str(arguments)]) == 1
    assert "not JSON" in capsys.readouterr().out


def test_the_digest_of_a_request_does_not_depend_on_the_order_of_its_keys() -> None:
    request = ask()
    assert script_request.compute_digest(request) == script_request.compute_digest(dict(reversed(request.items())))
