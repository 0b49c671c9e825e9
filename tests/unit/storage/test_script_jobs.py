# SPDX-License-Identifier: GPL-3.0-or-later
"""A script's key is one job: for two processes at once, and for one that is killed between record and answer."""

from __future__ import annotations

import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from nano_banana_addon.core.errors import ErrorKind, NanoBananaError
from nano_banana_addon.core.request import GenerationRequest
from nano_banana_addon.storage import script_jobs, script_submissions
from nano_banana_addon.storage.script_jobs import KeyUsedError, Purchase, SubmissionEndedError
from nano_banana_addon.storage.script_submissions import ScriptSubmission
from nano_banana_addon.storage.store import Store
from tests.support.source import ROOT

#: Records a job under the key of its argument, when its standard input says so; killed afterwards if it is told.
_CODE = """
import os, signal, sys
from pathlib import Path
from nano_banana_addon.core.request import GenerationRequest
from nano_banana_addon.storage import script_jobs
from nano_banana_addon.storage.store import Store
home, key, end = sys.argv[1:]
store = Store(Path(home))
store.identity()
purchase = script_jobs.Purchase(script_jobs.new_job(key, "test", "restyle", "digest", 0.1, ()), 1.0)
print("ready", flush=True)
sys.stdin.readline()
try:
    store.add_group([(GenerationRequest("x", caller="test"), 0.1)], guard=purchase.record)
except script_jobs.KeyUsedError as error:
    print("used", error.job.id, flush=True)
else:
    if end == "killed":
        os.kill(os.getpid(), signal.SIGKILL)
    print("recorded", purchase.job.id, flush=True)
sys.stdin.readline()
"""


def _start(home: Path, key: str, end: str = "lives") -> subprocess.Popen[str]:
    command = [sys.executable, "-c", _CODE, str(home), key, end]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    assert process.stdout
    assert process.stdout.readline() == "ready\n"
    return process


def _go(process: subprocess.Popen[str]) -> None:
    assert process.stdin
    process.stdin.write("\n")
    process.stdin.flush()


def _count(store: Store) -> int:
    return len(store.database.rows("SELECT id FROM generations"))


def buy(store: Store, key: str, usd: float, daily: float) -> list[str]:
    job = script_jobs.new_job(key, "test", "restyle", "digest", usd, ())
    requests = [(GenerationRequest("x", caller="test"), usd)]
    return store.add_group(requests, guard=Purchase(job, daily).record)[0]


def test_two_processes_at_once_record_one_job(tmp_path: Path) -> None:
    Store(tmp_path).close()
    for number in range(5):
        pair = [_start(tmp_path, f"the same key {number}") for _ in range(2)]
        for process in pair:
            _go(process)
        answers = sorted(process.communicate("\n", timeout=30)[0].split() for process in pair)
        assert [words[0] for words in answers] == ["recorded", "used"]
        assert answers[0][1] == answers[1][1]
    store = Store(tmp_path)
    assert _count(store) == 5
    store.close()


def test_a_process_killed_before_it_answers_has_recorded_the_job_and_is_found_to_be_idle(tmp_path: Path) -> None:
    process = _start(tmp_path, "a key", "killed")
    _go(process)
    process.communicate(timeout=30)
    assert process.returncode != 0
    store = Store(tmp_path)
    job = script_jobs.find_by_key(store.database, "a key")
    assert job
    assert _count(store) == len(job.generations) == 1
    with pytest.raises(KeyUsedError):
        buy(store, "a key", 0.1, 1.0)
    assert _count(store) == 1
    assert script_jobs.list_idle(store, job.generations, ()) == list(job.generations)
    store.close()


def test_what_a_living_process_will_send_is_not_idle(tmp_path: Path) -> None:
    process = _start(tmp_path, "a key")
    _go(process)
    assert process.stdout
    assert process.stdout.readline().startswith("recorded")
    store = Store(tmp_path)
    job = script_jobs.find_by_key(store.database, "a key")
    assert job
    assert script_jobs.list_idle(store, job.generations, ()) == []
    process.communicate("\n", timeout=30)
    store.close()


def test_beyond_the_days_allowance_nothing_is_recorded(tmp_path: Path) -> None:
    store = Store(tmp_path)
    with pytest.raises(NanoBananaError) as refused:
        buy(store, "first", 0.1, 0.0)
    assert refused.value.kind is ErrorKind.BUDGET
    buy(store, "second", 0.1, 0.25)
    buy(store, "third", 0.1, 0.25)
    with pytest.raises(NanoBananaError, match=r"\$0\.20 are spent or in progress"):
        buy(store, "fourth", 0.1, 0.25)
    assert _count(store) == 2
    assert script_jobs.find_by_key(store.database, "fourth") is None
    store.add(GenerationRequest("the artist's own"), estimate=5.0)
    assert script_jobs.sum_today(store.database) == pytest.approx(0.2)
    store.close()


def test_what_was_cancelled_or_taken_over_is_not_recorded_by_who_still_captures_it(tmp_path: Path) -> None:
    store = Store(tmp_path)
    asked = ScriptSubmission(
        "job-1", "a key", "test", "restyle", "digest", time.time(), "{}", 1.0, "", store.identity().id
    )
    assert script_submissions.record(store.database, asked) == asked
    assert script_submissions.record(store.database, replace(asked, id="job-2")) == asked
    job = replace(script_jobs.new_job("a key", "test", "restyle", "digest", 0.1, ()), id="job-1")
    requests = [(GenerationRequest("x", caller="test"), 0.1)]
    with pytest.raises(SubmissionEndedError):
        store.add_group(requests, guard=Purchase(job, 1.0, client="another Blender").record)
    with pytest.raises(NanoBananaError):
        store.add_group(requests, guard=Purchase(job, 0.0, allowed_usd=0.05, client=asked.client).record)
    assert script_submissions.find(store.database, "job-1") == asked
    store.add_group(requests, guard=Purchase(job, 0.0, allowed_usd=0.1, client=asked.client).record)
    assert script_submissions.find(store.database, "job-1") is None
    with pytest.raises(KeyUsedError):
        script_submissions.record(store.database, replace(asked, id="job-3"))
    assert script_submissions.end(store.database, "job-1", NanoBananaError(ErrorKind.CANCELLED)) is False
    assert _count(store) == 1
    store.close()
