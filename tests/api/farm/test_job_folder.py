# SPDX-License-Identifier: GPL-3.0-or-later
"""Items of a job folder: each is paid once, whoever generates it, however often, and whatever dies."""

from __future__ import annotations

import json
import os
import re
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from devtools.simulator import solid
from devtools.simulator.server import Simulator
from nano_banana_addon.core.constants import ReferenceRole
from nano_banana_addon.core.request import Need
from nano_banana_addon.storage import job_folder
from nano_banana_addon.storage.database.budget import Pacing
from nano_banana_addon.storage.database.filesystems import has_local_locks
from nano_banana_addon.storage.store import Store

from ..worker.conftest import KEY, until
from .conftest import Farm

needs_proc = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="children are found in /proc")


def test_two_workers_on_one_chunk_generate_each_item_once(farm: Farm) -> None:
    farm.write(*(f"shot {n}" for n in range(6)))
    machines = [farm.start("--items", "0-5", "--json", "-") for _ in range(2)]
    ended = [machine.communicate(timeout=120)[0] for machine in machines]
    assert [machine.returncode for machine in machines] == [0, 0]
    assert all([json.loads(line)["state"] for line in out.splitlines()] == ["DONE"] * 6 for out in ended)
    assert sorted(farm.asked) == [f"shot {n}" for n in range(6)]


def test_a_chunk_is_its_items_alone_and_what_is_there_is_not_generated_again(farm: Farm) -> None:
    farm.write(*(f"shot {n}" for n in range(4)))
    assert farm.generate("--items", "1-2")[0] == 0
    assert sorted(farm.asked) == ["shot 1", "shot 2"]
    status, results, _ = farm.generate()
    assert (status, [each["state"] for each in results]) == (0, ["DONE"] * 4)
    assert sorted(farm.asked) == [f"shot {n}" for n in range(4)]


def test_a_moved_folder_goes_on_where_it_was(farm: Farm, reference: Any) -> None:
    farm.write("shot 0", "shot 1", references=(reference(),))
    assert farm.generate("--items", "0")[0] == 0
    farm.folder = farm.folder.rename(farm.folder.with_name("mounted elsewhere"))
    assert farm.generate()[0] == 0
    assert farm.asked == ["shot 0", "shot 1"]


def test_an_item_whose_anchor_is_in_another_chunk_generates_that_too(farm: Farm) -> None:
    job = farm.write("anchor", "shot 1")
    linked = job.requests[0], _needing(job.requests[1], "@0")
    (farm.folder / job_folder.NAME).unlink()
    job_folder.write(job_folder.JobFolder(linked, pacing=Pacing(0.0), folder=farm.folder))
    assert farm.generate("--items", "1")[0] == 0
    assert farm.asked[0] == "anchor"
    assert "shot 1" in farm.asked[1]
    assert len(farm.asked) == 2


def _needing(request: Any, name: str) -> Any:
    return replace(request, needs=(Need(name, ReferenceRole.PREVIOUS, "anchor"),))


@needs_proc
def test_what_a_dead_machine_had_sent_is_never_sent_again_by_itself(farm: Farm) -> None:
    farm.write("shot 0", "shot 1")
    farm.server.script("silence", times=1)
    machine = farm.start("--items", "0")
    until(lambda: farm.asked == ["shot 0"], "the request was sent")
    farm.kill(machine)
    status, (first, second), said = farm.generate()
    assert (status, first["state"], second["state"]) == (5, "UNKNOWN", "DONE")
    assert "may have been billed" in said
    assert farm.asked == ["shot 0", "shot 1"]
    assert farm.generate("--resend")[0] == 0
    assert farm.asked == ["shot 0", "shot 1", "shot 0"]


@needs_proc
def test_what_a_dead_machine_had_not_sent_is_taken_by_the_next(farm: Farm) -> None:
    farm.write(*(f"shot {n}" for n in range(4)))
    farm.server.script("silence", times=1)
    machine = farm.start("--at-once", "1")
    until(lambda: farm.asked == ["shot 0"], "one request was sent, the others are the machine's too")
    other = farm.start("--items", "2-3", "--json", "-")
    farm.kill(machine)
    out, _ = other.communicate(timeout=120)
    assert (other.returncode, len(out.splitlines())) == (0, 2)
    assert sorted(farm.asked) == ["shot 0", "shot 2", "shot 3"]


@needs_proc
@pytest.mark.parametrize("part", ["receiving/*/*", "results/*/*"])
def test_a_machine_that_dies_while_it_records_an_answer_does_not_pay_for_it_again(farm: Farm, part: str) -> None:
    farm.write("shot 0", "shot 1")
    machine = farm.start("--items", "0")

    def has_begun() -> bool:
        return any(path.stat().st_size for path in farm.folder.glob(part) if path.suffix != ".reserve")

    until(has_begun, "some of the answer is on the disk")
    farm.kill(machine)
    status, (first, second), _ = farm.generate()
    assert (first["state"], status) in (("DONE", 0), ("UNKNOWN", 5))
    assert second["state"] == "DONE"
    assert farm.asked == ["shot 0", "shot 1"]
    if part.startswith("results"):
        assert Path(first["files"][0]).is_file()


def test_offline_needs_neither_key_nor_address(farm: Farm) -> None:
    farm.write("shot 0", provider="offline")
    status, (result,), _ = farm.generate(GEMINI_API_KEY="", NANO_BANANA_BASE_URL="")
    assert (status, result["state"], result["offline_preview"]) == (0, "DONE", True)
    assert farm.asked == []


@needs_proc
def test_a_service_that_knows_its_orders_is_asked_for_those_of_a_dead_machine(farm: Farm) -> None:
    with Simulator(solid.paint, keys=frozenset({KEY}), dialect="bfl") as flux:
        farm.server = flux
        flux.script("polls", times=1, n=8)
        farm.write("a lake", provider="bfl", model="flux-2-pro")
        machine = farm.start()
        until(lambda: list(farm.folder.glob("receiving/*/ticket")), "the order's ticket is on the disk")
        farm.kill(machine)
        status, (result,), said = farm.generate()
        assert (status, result["state"]) == (0, "DONE"), said
        assert len(flux.billed) == 1


def test_what_failed_without_cost_is_tried_again_and_a_refusal_is_not(farm: Farm) -> None:
    farm.write("shot 0", "shot 1")
    farm.server.script("429_per_day", times=1)
    assert farm.generate("--items", "0")[0] == 1
    farm.server.script("refusal_image_other", times=2)
    assert farm.generate("--items", "1")[0] == 3
    refused = farm.asked.count("shot 1")
    assert farm.generate()[0] == 3
    assert (farm.asked.count("shot 0"), farm.asked.count("shot 1")) == (2, refused)


def test_all_items_together_keep_the_budget(farm: Farm) -> None:
    farm.write(*(f"shot {n}" for n in range(4)), budget_usd=0.5)
    status, _, said = farm.generate("--items", "0")
    assert status == 4
    assert "$0.50" in said
    assert farm.asked == []


@needs_proc
def test_all_workers_together_keep_the_spending_limit(farm: Farm) -> None:
    farm.write(*(f"shot {n}" for n in range(6)), pacing=Pacing(limit_usd=0.5))
    machines = [farm.start("--items", items) for items in ("0-2", "3-5")]
    until(lambda: farm.states().count("DONE") == 3 and "WAITING" in farm.states(), "three are there, others wait")
    assert len(farm.asked) == 3
    for machine in machines:
        farm.kill(machine)


def test_the_key_comes_from_the_environment_and_goes_nowhere_else(farm: Farm, reference: Any) -> None:
    farm.write("shot 0", references=(reference(),))
    status, _, said = farm.generate(GEMINI_API_KEY="")
    assert status == 1
    assert "GEMINI_API_KEY" in said
    assert farm.asked == []
    assert farm.generate()[0] == 0
    assert not [path for path in farm.folder.rglob("*") if path.is_file() and KEY.encode() in path.read_bytes()]


def test_a_key_goes_to_no_address_that_the_folder_names(farm: Farm) -> None:
    farm.write("shot 0")
    change(farm.folder, lambda job: job.update(base_url="http://127.0.0.1:9", provider_address="http://127.0.0.1:9"))
    assert farm.generate()[0] == 0
    assert farm.asked == ["shot 0"]


def change(folder: Path, how: Any) -> None:
    """Change the file of a job."""
    path = folder / job_folder.NAME
    job = json.loads(path.read_text())
    how(job)
    path.write_text(json.dumps(job))


def _point_to(path: str) -> Any:
    def how(job: dict[str, Any]) -> None:
        job["requests"][0]["references"][0]["path"] = path

    return how


HOSTILE = {
    "a path to the outside": (_point_to("../secret.png"), "outside"),
    "an absolute path": (_point_to("/etc/hostname"), "outside"),
    "a path of Windows": (_point_to("C:\\secret.png"), "outside"),
    "a missing file": (_point_to("references/none.png"), "missing"),
    "a link": (_point_to("references/link.png"), "link"),
    "a need of a later one": (
        lambda job: job["requests"][0].update(needs=[{"generation": "@0", "role": "STYLE"}]),
        "0",
    ),
    "a need of another history": (
        lambda job: job["requests"][0].update(needs=[{"generation": "20261128-0000000000", "role": "STYLE"}]),
        "not before",
    ),
    "a huge budget": (lambda job: job.update(budget_usd=1e300), "cannot be read|out of range"),
    "no pause": (lambda job: job.update(pacing={"limit_usd": float("nan")}), "cannot be read|out of range"),
    "a million images": (lambda job: job["requests"][0].update(count=1_000_000), "number of images"),
    "a conversation": (lambda job: job["requests"][0].update(continues="20261128-0000000000"), "more than"),
    "a workflow": (lambda job: job["requests"][0].update(workflow="/etc/passwd"), "more than"),
    "a provider that there is not": (lambda job: [r.update(provider="evil") for r in job["requests"]], "evil"),
    "two providers": (lambda job: job["requests"][0].update(provider="bfl"), "several providers"),
    "no requests": (lambda job: job.update(requests=[]), "number of requests"),
    "a size that there is not": (lambda job: job["requests"][0].update(image_size="64K"), "64K"),
    "another kind of value": (lambda job: job.update(requests="all"), "cannot be read"),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_a_hostile_folder_is_refused_in_a_sentence_and_nothing_is_sent(farm: Farm, reference: Any, what: str) -> None:
    farm.write("shot 0", "shot 1", references=(reference(),))
    if what == "a link":
        (farm.folder / "references" / "link.png").symlink_to("/etc/hostname")
    how, words = HOSTILE[what]
    change(farm.folder, how)
    status, _, said = farm.generate()
    assert status == 1
    assert re.search(words, said), said
    assert "Traceback" not in said
    assert farm.asked == []


@pytest.mark.parametrize("place", ["results", "receiving", "log", "results/2026-11", "history.sqlite-wal"])
def test_a_folder_with_a_link_is_refused_before_anything_is_written_through_it(
    farm: Farm, tmp_path: Path, place: str
) -> None:
    farm.write("shot 0")
    outside = tmp_path / "outside"
    outside.mkdir()
    path = farm.folder / place
    if path.is_dir():
        path.rmdir()
    path.symlink_to(outside)
    status, _, said = farm.generate()
    assert status == 1
    assert f"{place} is a link" in said
    assert farm.asked == []
    assert not list(outside.iterdir())


def test_a_changed_reference_is_not_sent(farm: Farm, reference: Any) -> None:
    farm.write("shot 0", references=(reference(),))
    (image,) = (farm.folder / "references").iterdir()
    image.write_bytes(image.read_bytes() + b"\0")
    status, _, said = farm.generate()
    assert (status, farm.asked) == (1, [])
    assert "was changed since the capture" in said


def test_a_record_that_names_a_file_outside_of_the_folder_is_not_sent(farm: Farm, reference: Any) -> None:
    job = farm.write("shot 0", references=(reference(),))
    store = Store(farm.folder)
    job_folder.record(store, job_folder.read(job.folder))
    with store.database.transaction() as connection:
        connection.execute("UPDATE details SET request = replace(request, 'references/', '/etc/')")
    store.close()
    status, _, said = farm.generate()
    assert (status, farm.asked) == (1, [])
    assert "/etc/" in said


def test_requests_that_are_not_those_that_were_recorded_are_not_sent(farm: Farm) -> None:
    farm.write("shot 0", "shot 1")
    assert farm.generate("--items", "0")[0] == 0
    change(farm.folder, lambda job: job["requests"][1].update(prompt="another"))
    status, _, said = farm.generate()
    assert (status, farm.asked) == (1, ["shot 0"])
    assert "not those that were recorded" in said


@pytest.mark.parametrize(
    ("items", "words"), [("4", "0 to 1"), ("0-9999", "0 to 1"), ("0-99999999999", "0-9"), ("x", "--items")]
)
def test_items_that_there_are_not_are_named(farm: Farm, items: str, words: str) -> None:
    farm.write("shot 0", "shot 1")
    status, _, said = farm.generate("--items", items)
    assert status in (1, 2)
    assert words in said
    assert farm.asked == []


@pytest.mark.parametrize("place", ["nowhere", "a file"])
def test_a_folder_that_is_none_is_named(farm: Farm, tmp_path: Path, place: str) -> None:
    (tmp_path / "a file").write_text("")
    farm.folder = tmp_path / place
    status, _, said = farm.generate()
    assert status == 1
    assert place in said


@pytest.mark.parametrize(
    ("options", "is_local"), [("rw,nolock", True), ("rw,local_lock=all", True), ("rw,vers=4.2,local_lock=none", False)]
)
def test_a_drive_whose_locks_other_machines_do_not_see_is_known(tmp_path: Path, options: str, is_local: bool) -> None:
    table = tmp_path / "mounts"
    table.write_text(f"server:/farm {os.path.realpath(tmp_path)} nfs4 {options} 0 0\n")
    assert has_local_locks(tmp_path, table) is is_local
