# SPDX-License-Identifier: GPL-3.0-or-later
"""The worker process when things go otherwise: cancel, errors, the end of Blender, its own end, full
disks."""

from __future__ import annotations

import os
import queue
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from nano_banana_addon.core.constants import State
from nano_banana_addon.core.errors import ErrorKind, NanoBananaError
from nano_banana_addon.core.request import Reference
from nano_banana_addon.core.result import Generation
from nano_banana_addon.storage.database import ledger
from nano_banana_addon.storage.database.budget import Budget, Pacing
from nano_banana_addon.storage.recovery import recover
from nano_banana_addon.storage.store import Store
from nano_banana_addon.worker import main, supervisor
from nano_banana_addon.worker.client import WorkerClient
from nano_banana_addon.worker.log import SecretsCutOut
from nano_banana_addon.worker.protocol import Command, Submit

from .conftest import KEY, PATIENCE, ROOT, Studio, until


def is_running(pid: int) -> bool:
    """Whether a process runs; one that has ended and was not fetched (a zombie) still counts."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


# -- cancelling


def test_cancelling_ends_a_painting_at_once_and_says_that_it_may_be_billed(studio: Studio) -> None:
    studio.simulator.script("silence")
    id = studio.submit(studio.request())[0]
    studio.until_state(id, State.GENERATING)
    studio.link.cancel(id)
    cancelled = studio.wait(id)[0]
    assert cancelled.state is State.CANCELLED
    assert ledger.total(studio.store.database).unknown == 1
    assert studio.simulator.posts() == 1


def test_what_waits_for_its_turn_is_cancelled_without_being_sent(
    studio: Studio, open_link: Callable[..., WorkerClient]
) -> None:
    studio.link = open_link(limit=1)
    studio.simulator.script("silence")
    first, second = studio.submit(studio.request("1"), studio.request("2"))
    studio.until_state(first, State.GENERATING)
    studio.link.cancel(second)
    assert studio.wait(second)[0].state is State.CANCELLED
    studio.link.cancel(first)
    studio.wait(first)
    assert studio.simulator.posts() == 1
    assert ledger.total(studio.store.database).unknown == 1


def test_how_many_are_carried_out_at_once_can_be_changed_at_any_time(studio: Studio) -> None:
    studio.simulator.script("silence", seconds=1)
    studio.link.set_limit(1)
    studio.wait(*studio.submit(*(studio.request(f"one {n}") for n in range(2))))
    assert studio.simulator.busiest == 1
    studio.link.set_limit(3)
    studio.wait(*studio.submit(*(studio.request(f"three {n}") for n in range(3))))
    assert studio.simulator.busiest == 3


def test_a_queued_job_is_cancelled_without_any_courier(studio: Studio) -> None:
    id = studio.store.add(studio.request())
    studio.link.cancel(id)
    assert studio.wait(id)[0].state is State.CANCELLED
    assert not studio.link.alive


def test_a_wait_for_another_try_can_be_cancelled(studio: Studio) -> None:
    studio.simulator.script("429_per_minute", delay="50s")
    id = studio.submit(studio.request())[0]
    studio.until_state(id, State.WAITING)
    waiting = studio.store.get(id)
    assert waiting
    assert waiting.retry_at > time.time() + 20
    assert waiting.failure
    assert waiting.failure.kind is ErrorKind.RATE
    studio.link.cancel(id)
    assert studio.wait(id)[0].state is State.CANCELLED
    assert ledger.total(studio.store.database).unknown == 0


def test_cancelling_something_that_is_done_changes_nothing(studio: Studio) -> None:
    done = studio.make()
    studio.link.cancel(done.id)
    assert studio.make("another").state is State.DONE
    found = studio.store.get(done.id)
    assert found
    assert found.state is State.DONE


# -- errors


@pytest.mark.parametrize("case", ["503_overloaded", "429_capacity", "500_internal"])
def test_what_was_surely_not_billed_is_tried_again(studio: Studio, case: str) -> None:
    studio.simulator.script(case, 1)
    done = studio.make()
    assert done.state is State.DONE
    assert done.tries == 2
    assert done.failure is None
    assert studio.simulator.posts() == 2
    assert ledger.total(studio.store.database).answers == len(studio.simulator.billed) == 1


@pytest.mark.parametrize("case", ["close", "reset", "close_in_body", "reset_in_body"])
def test_a_connection_that_breaks_after_sending_is_unknown_and_never_sent_again(studio: Studio, case: str) -> None:
    studio.simulator.script(case)
    unknown = studio.make()
    assert unknown.state is State.UNKNOWN
    assert unknown.failure
    assert "may have been billed" in unknown.failure.message
    assert studio.simulator.posts() == 1
    assert ledger.total(studio.store.database).unknown == 1


def test_asking_again_is_the_users_decision(studio: Studio) -> None:
    studio.simulator.script("close", 1)
    unknown = studio.make()
    studio.store.resend(unknown.id)
    studio.resubmit(unknown.id)
    done = studio.wait(unknown.id)[0]
    assert done.state is State.DONE
    assert done.tries == 2
    assert studio.simulator.posts() == 2
    total = ledger.total(studio.store.database)
    assert (total.answers, total.unknown) == (1, 1)


def test_a_refusal_that_often_passes_is_asked_about_once_more(studio: Studio) -> None:
    done = studio.make("[[sim:refusal_image_recitation]]")
    assert done.state is State.DONE
    assert studio.simulator.posts() == 2
    assert ledger.total(studio.store.database).answers == 2


@pytest.mark.parametrize(
    ("case", "kind"),
    [
        ("403_leaked", ErrorKind.KEY_INVALID),
        ("402_prepay", ErrorKind.BILLING),
        ("429_free_tier", ErrorKind.BILLING),
        ("429_per_day", ErrorKind.QUOTA_DAY),
        ("404_model", ErrorKind.MODEL),
        ("text_only", ErrorKind.REFUSED),
        ("not_an_image", ErrorKind.ANSWER),
    ],
)
def test_other_errors_end_it_after_one_call(studio: Studio, case: str, kind: ErrorKind) -> None:
    studio.simulator.script(case)
    ended = studio.make()
    assert studio.simulator.posts() == 1
    if kind is ErrorKind.REFUSED:
        assert ended.state is State.REFUSED
        assert ended.answer
        assert ended.answer.refusal
    else:
        assert ended.state is State.FAILED
        assert ended.failure
        assert ended.failure.kind is kind
        assert ended.failure.message
        assert ended.failure.next_step


def test_a_server_that_is_not_there_was_not_sent_anything(studio: Studio) -> None:
    from nano_banana_addon.wire.providers import resolve_endpoint

    id = studio.store.add(studio.request(), estimate=0.1)
    studio.link.submit(id, key=KEY, endpoint=resolve_endpoint("google", "http://127.0.0.1:9"))
    studio.until_state(id, State.WAITING, State.FAILED)
    studio.link.cancel(id)
    studio.wait(id)
    assert ledger.total(studio.store.database).unknown == 0


# -- money


def test_a_budget_that_was_lowered_holds_back_what_is_queued(
    studio: Studio, open_link: Callable[..., WorkerClient]
) -> None:
    studio.link = open_link(limit=1)
    studio.simulator.script("silence", seconds=1)
    first, second = studio.submit(studio.request("1"), studio.request("2"))
    studio.store.set_budgets([Budget(0.15)])
    done, stopped = studio.wait(first, second)
    assert done.state is State.DONE
    assert stopped.state is State.FAILED
    assert stopped.failure
    assert stopped.failure.kind is ErrorKind.BUDGET
    assert studio.simulator.posts() == 1


def test_pacing_waits_and_says_until_when_and_then_goes(studio: Studio) -> None:
    studio.store.set_pacing(Pacing(limit_usd=0.20, seconds=4))
    first = studio.make("1")
    id = studio.submit(studio.request("2"))[0]
    studio.until_state(id, State.WAITING)
    waiting = studio.store.get(id)
    assert waiting
    assert first.ended < waiting.retry_at <= first.ended + 5
    done = studio.wait(id)[0]
    assert done.state is State.DONE
    assert done.sent >= first.ended + 3.9


def test_who_raises_the_spending_limit_does_not_wait_for_the_old_one(studio: Studio) -> None:
    studio.store.set_pacing(Pacing(limit_usd=0.20))
    studio.make("1")
    id = studio.submit(studio.request("2"))[0]
    studio.until_state(id, State.WAITING)
    studio.store.set_pacing(Pacing(limit_usd=50.0))
    assert studio.wait(id)[0].state is State.DONE


def test_a_budget_that_is_lowered_stops_what_waits_for_the_spending_limit(studio: Studio) -> None:
    studio.store.set_pacing(Pacing(limit_usd=0.20))
    studio.make("1")
    id = studio.submit(studio.request("2"))[0]
    studio.until_state(id, State.WAITING)
    studio.store.set_budgets([Budget(0.15)])
    (stopped,) = studio.wait(id)
    assert stopped.state is State.FAILED
    assert stopped.failure
    assert stopped.failure.kind is ErrorKind.BUDGET
    assert studio.simulator.posts() == 1


# -- the end of Blender, and of worker processes


BLENDER = """
import sys, json
sys.path.insert(0, {root!r})
from pathlib import Path
from nano_banana_addon.storage.store import Store
from nano_banana_addon.worker import main
from nano_banana_addon.worker.protocol import Command, Submit
from nano_banana_addon.worker.log import SecretsCutOut
from nano_banana_addon.worker.client import WorkerClient
from nano_banana_addon.core.request import GenerationRequest
from nano_banana_addon.wire.providers import resolve_endpoint
store = Store(Path({home!r}))
link = WorkerClient(Path({home!r}), package_root=Path({root!r}), paths=sys.path, limit=2)
ids = []
for number in range(4):
    request = GenerationRequest(f"shot {{number}}", image_size="1K", aspect_ratio="1:1")
    ids.append(store.add(request, estimate=0.14))
    link.submit(ids[-1], key="test-key", endpoint=resolve_endpoint("google", {url!r}))
import time
from nano_banana_addon.core.result import State
while [g.state for g in store.many(ids)] != [State.GENERATING] * 2 + [State.QUEUED] * 2:
    time.sleep(0.02)
print(json.dumps([link.process_id, ids]), flush=True)
{end}
"""
ENDS = {
    "killed": "import os, signal; os.kill(os.getpid(), signal.SIGKILL)",
    "crashed": "import os; os.abort()",
    "quit": "link.close(); store.close(); sys.exit(0)",
    "left": "sys.exit(0)",
}


def blender(home: Path, url: str, end: str) -> tuple[int, list[str]]:
    """A process that stands for Blender: asks for four pictures, ends while two are painted."""
    import json

    code = BLENDER.format(root=str(ROOT), home=str(home), url=url, end=ENDS[end])
    begun = time.monotonic()
    made = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=PATIENCE)
    assert made.stdout, made.stderr
    assert time.monotonic() - begun < 33  # it does not wait for what is generated
    pid, ids = json.loads(made.stdout)
    return pid, ids


@pytest.mark.parametrize("end", ENDS)
def test_the_courier_finishes_what_its_blender_began_and_starts_nothing_new(
    studio: Studio, home: Path, end: str
) -> None:
    studio.simulator.script("silence", 2, seconds=2)
    pid, ids = blender(home, studio.simulator.base_url, end)
    until(lambda: not is_running(pid), "the worker process ended")
    report = recover(studio.store)
    assert {g.id for g in report.received} == set(ids[:2])
    assert {g.id for g in report.not_sent} == set(ids[2:])
    assert studio.simulator.posts() == 2
    assert not report.unknown
    # What was not sent can be sent now, once.
    for id in ids[2:]:
        studio.resubmit(id)
    assert {g.state for g in studio.wait(*ids)} == {State.DONE}
    assert studio.simulator.posts() == 4


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_an_interrupt_for_blenders_group_does_not_reach_the_courier(studio: Studio) -> None:
    studio.simulator.script("silence", seconds=1)
    id = studio.submit(studio.request())[0]
    studio.until_state(id, State.GENERATING)
    pid = studio.link.process_id
    assert pid
    assert os.getpgid(pid) != os.getpgid(0)
    assert os.getsid(pid) != os.getsid(0)
    assert studio.wait(id)[0].state is State.DONE


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_a_courier_that_is_killed_leaves_unknown_what_was_sent_and_another_does_the_rest(
    studio: Studio, open_link: Callable[..., WorkerClient]
) -> None:
    studio.link = open_link(limit=1)
    studio.simulator.script("silence", 1)
    sent, queued = studio.submit(studio.request("1"), studio.request("2"))
    studio.until_state(sent, State.GENERATING)
    killed = studio.link.process_id
    assert killed
    os.kill(killed, signal.SIGKILL)
    unknown, done = studio.wait(sent, queued)
    assert unknown.state is State.UNKNOWN
    assert done.state is State.DONE
    assert studio.simulator.posts() == 2
    assert not is_running(killed)  # no zombie either
    assert studio.link.process_id != killed


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_a_polite_signal_lets_the_courier_finish(studio: Studio) -> None:
    studio.simulator.script("silence", seconds=1)
    id = studio.submit(studio.request())[0]
    studio.until_state(id, State.GENERATING)
    assert studio.link.process_id
    os.kill(studio.link.process_id, signal.SIGTERM)
    assert studio.wait(id)[0].state is State.DONE


def test_closing_returns_at_once_and_leaves_no_process(studio: Studio) -> None:
    studio.simulator.script("silence", seconds=1)
    id = studio.submit(studio.request())[0]
    studio.until_state(id, State.GENERATING)
    pid = studio.link.process_id
    assert pid
    studio.link.close()
    found = studio.store.get(id)
    assert found
    assert found.state is State.GENERATING
    assert studio.wait(id)[0].state is State.DONE
    until(lambda: not is_running(pid), "the worker process ended and was fetched")


def test_two_blenders_with_a_courier_each_share_one_history(
    studio: Studio, open_link: Callable[..., WorkerClient], home: Path
) -> None:
    studio.simulator.script("silence", seconds=1)
    mine = studio.submit(*(studio.request(f"mine {n}") for n in range(3)))
    other = Studio(Store(home), open_link(), studio.simulator)
    theirs = other.submit(*(other.request(f"theirs {n}") for n in range(3)))
    ended: list[Generation] = [*studio.wait(*mine), *other.wait(*theirs)]
    assert studio.link.process_id != other.link.process_id
    assert {g.state for g in ended} == {State.DONE}
    assert studio.simulator.posts() == 6
    other.store.close()


def test_both_blenders_sending_the_same_recovered_job_send_it_once(
    studio: Studio, open_link: Callable[..., WorkerClient], home: Path
) -> None:
    studio.simulator.script("silence", seconds=1)
    id = studio.store.add(studio.request(), estimate=0.1)
    other = Studio(Store(home), open_link(), studio.simulator)
    studio.resubmit(id)
    other.resubmit(id)
    assert studio.wait(id)[0].state is State.DONE
    other.link.close(wait=PATIENCE)
    studio.link.close(wait=PATIENCE)
    assert studio.simulator.posts() == 1
    other.store.close()


# -- disks


def test_a_file_where_the_pictures_go_keeps_the_answer_until_there_is_room(studio: Studio) -> None:
    studio.simulator.script("silence", seconds=1)
    id = studio.submit(studio.request())[0]
    studio.until_state(id, State.GENERATING)
    results = studio.store.places.results
    results.rmdir()
    results.write_text("in the way")
    noted = studio.store.places.receiving / id / "answer.json"
    until(noted.exists, "the answer is noted")
    results.unlink()
    assert studio.wait(id)[0].state is State.DONE
    assert studio.simulator.posts() == 1


def test_a_disk_that_takes_no_record_for_a_while_ends_nothing(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    """In this process, so that the disk can be made to fail at one step."""
    store = Store(studio.store.home, role="courier")
    claim, failures = store.claim, [1, 2]

    def failing(id: str, owner: str) -> bool:
        if failures:
            failures.pop()
            raise NanoBananaError(ErrorKind.DISK)
        return claim(id, owner)

    monkeypatch.setattr(store, "claim", failing)
    monkeypatch.setattr(main, "_POSTPONED_FOR", 0.1)
    id = studio.store.add(studio.request(), estimate=0.14)
    commands: queue.Queue[Command] = queue.Queue()
    commands.put(Submit(id, "google", studio.simulator.base_url, KEY))
    main.WorkerProcess(store, limit=1, idle=0.3, secrets=SecretsCutOut()).run(commands)
    store.close()
    found = studio.store.get(id)
    assert found
    assert found.state is State.DONE
    assert not failures


def test_what_could_not_be_kept_is_completed_at_the_next_start(studio: Studio, home: Path) -> None:
    studio.simulator.script("silence", seconds=1)
    id = studio.submit(studio.request())[0]
    studio.until_state(id, State.GENERATING)
    results = studio.store.places.results
    results.rmdir()
    results.write_text("in the way")
    until((studio.store.places.receiving / id / "answer.json").exists, "the answer is noted")
    assert studio.link.process_id
    os.kill(studio.link.process_id, signal.SIGKILL)
    until(lambda: not studio.link.alive, "the worker process is gone")
    results.unlink()
    recover(studio.store)
    assert studio.wait(id)[0].state is State.DONE
    assert ledger.total(studio.store.database).usd > 0


def test_what_could_not_be_kept_is_completed_without_a_start_once_there_is_room(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor, "_SETTLE_EVERY", 0.2)
    studio.simulator.script("silence", seconds=1)
    id = studio.submit(studio.request())[0]
    studio.until_state(id, State.GENERATING)
    results = studio.store.places.results
    results.rmdir()
    results.write_text("in the way")
    until((studio.store.places.receiving / id / "answer.json").exists, "the answer is noted")
    assert studio.link.process_id
    os.kill(studio.link.process_id, signal.SIGKILL)
    until(studio.link._worker.at_rest.is_set, "it was tried to settle it")
    results.unlink()
    assert studio.wait(id)[0].state is State.DONE
    assert studio.simulator.posts() == 1


@pytest.mark.parametrize("name", ["references", "receiving", "results"])
def test_a_folder_that_cannot_be_made_is_told_before_anything_is_sent(
    studio: Studio, picture: Callable[..., Reference], name: str
) -> None:
    folder = studio.store.home / name
    folder.rmdir()
    folder.write_text("in the way")
    failed = studio.make(references=(picture(),))
    assert failed.state is State.FAILED
    assert failed.failure
    assert failed.failure.kind is ErrorKind.DISK
    assert studio.simulator.posts() == 0
