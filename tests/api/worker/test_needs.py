# SPDX-License-Identifier: GPL-3.0-or-later
"""Requests that need the results of others: sent one after another, or left to the user."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from nano_banana_addon.core.constants import ReferenceRole, State
from nano_banana_addon.core.request import GenerationRequest, Need, Reference
from nano_banana_addon.core.result import Generation
from nano_banana_addon.storage.database import ledger
from nano_banana_addon.storage.recovery import recover
from nano_banana_addon.storage.store import Store
from nano_banana_addon.worker.client import WorkerClient

from .conftest import PATIENCE, ROOT, Studio, until
from .test_worker_process import ENDS, is_running

Picture = Callable[..., Reference]


def add_shots(studio: Studio, picture: Picture, *prompts: str, **choices: Any) -> list[str]:
    """Shots that each need the one before, recorded together."""
    requests: list[GenerationRequest] = []
    for number, prompt in enumerate(prompts or ("wide", "close", "end")):
        need = Need(f"@{number - 1}", ReferenceRole.PREVIOUS, f"shot {number - 1}", **choices)
        named: dict[str, Any] = {"shot": f"shot {number}", "needs": (need,) if number else ()}
        requests.append(studio.request(prompt, references=(picture(f"frame {number}"),), **named))
    ids, _ = studio.store.add_group([(request, 0.14) for request in requests], batch="board")
    return ids


def submit(studio: Studio, ids: list[str]) -> list[str]:
    for id in ids:
        studio.resubmit(id)
    return ids


def images_of(studio: Studio) -> list[int]:
    """How many pictures went with each request, in the order of the requests."""
    posts = [r for r in studio.simulator.requests if r.method == "POST" and "generateContent" in r.path]
    return [str(r.json["contents"]).count("inlineData") for r in posts]


def describe_references(generation: Generation) -> list[tuple[str, str]]:
    return [(reference.role.value, reference.label) for reference in generation.request.references]


def test_each_shot_is_sent_with_the_image_of_the_one_before(studio: Studio, picture: Picture) -> None:
    found = studio.wait(*submit(studio, add_shots(studio, picture)))
    assert [g.state for g in found] == [State.DONE] * 3
    assert images_of(studio) == [1, 2, 2]
    for number, (before, shot) in enumerate(pairwise(found)):
        assert describe_references(shot) == [("PREVIOUS", f"shot {number}"), ("STRUCTURE", f"frame {number + 1}")]
        assert before.picture
        assert shot.request.references[0].sha256 == before.picture.sha256
        assert before.ended <= shot.sent
    assert studio.simulator.busiest == 1
    assert ledger.total(studio.store.database).answers == 3


def test_the_order_of_submitting_does_not_matter_and_twice_is_once(studio: Studio, picture: Picture) -> None:
    ids = add_shots(studio, picture)
    submit(studio, [*reversed(ids), *ids])
    found = studio.wait(*ids)
    submit(studio, ids)
    assert [g.state for g in found] == [State.DONE] * 3
    assert studio.make("another").state is State.DONE
    assert studio.simulator.posts() == 4
    assert {g.tries for g in studio.store.many(ids)} == {1}


def test_a_shot_whose_predecessor_failed_goes_without_it(studio: Studio, picture: Picture) -> None:
    found = studio.wait(*submit(studio, add_shots(studio, picture, "wide", "close [[sim:403_leaked]]", "end")))
    assert [g.state for g in found] == [State.DONE, State.FAILED, State.DONE]
    assert images_of(studio) == [1, 2, 1]


def test_what_requires_a_refused_one_is_refused_in_words_and_not_sent(studio: Studio, picture: Picture) -> None:
    studio.simulator.script("refusal_image_safety", 1)
    found = studio.wait(*submit(studio, add_shots(studio, picture, required=True)))
    assert [g.state for g in found] == [State.REFUSED] * 3
    assert found[1].failure
    assert "shot 0, which was refused" in found[1].failure.message
    assert studio.simulator.posts() == 1


def test_cancelling_one_that_runs_cancels_what_needs_it(studio: Studio, picture: Picture) -> None:
    studio.simulator.script("silence", 1)
    ids = submit(studio, add_shots(studio, picture))
    studio.until_state(ids[0], State.GENERATING)
    studio.link.cancel(ids[0])
    assert [g.state for g in studio.wait(*ids)] == [State.CANCELLED] * 3
    assert studio.make("another").state is State.DONE
    assert studio.simulator.posts() == 2


def test_a_blocked_one_is_cancelled_with_what_needs_it_and_the_others_go_on(studio: Studio, picture: Picture) -> None:
    studio.simulator.script("silence", 1, seconds=1)
    ids = submit(studio, add_shots(studio, picture))
    studio.until_state(ids[0], State.GENERATING)
    studio.link.cancel(ids[1])
    assert [g.state for g in studio.wait(*ids)] == [State.DONE, State.CANCELLED, State.CANCELLED]
    assert studio.simulator.posts() == 1


def test_what_blender_draws_for_is_left_to_it(studio: Studio, picture: Picture) -> None:
    first, second, third = submit(studio, add_shots(studio, picture, drawn=True))
    studio.wait(first)
    time.sleep(1.2)  # two looks
    assert [g.state for g in studio.store.many([second, third])] == [State.BLOCKED] * 2
    studio.store.set_request(second, studio.request("drawn", references=(picture("drawn"),)), "")
    assert studio.wait(second)[0].state is State.DONE
    assert studio.store.many([third])[0].state is State.BLOCKED
    studio.link.cancel(third)
    studio.wait(third)


def test_it_hears_of_what_ends_elsewhere(
    studio: Studio, picture: Picture, open_link: Callable[..., WorkerClient], home: Path
) -> None:
    ids = add_shots(studio, picture, "wide", "close")
    other = Studio(Store(home), open_link(), studio.simulator)
    other.resubmit(ids[1])
    studio.resubmit(ids[0])
    assert [g.state for g in other.wait(*ids)] == [State.DONE] * 2
    assert studio.link.process_id != other.link.process_id
    other.store.close()


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_after_a_crash_of_the_courier_another_sends_the_rest(studio: Studio, picture: Picture) -> None:
    studio.simulator.script("silence", 1)
    ids = submit(studio, add_shots(studio, picture))
    studio.until_state(ids[0], State.GENERATING)
    assert studio.link.process_id
    os.kill(studio.link.process_id, signal.SIGKILL)
    assert [g.state for g in studio.wait(*ids)] == [State.UNKNOWN, State.DONE, State.DONE]
    assert images_of(studio) == [1, 1, 2]


BLENDER = """
import sys, json, time
sys.path.insert(0, {root!r})
from pathlib import Path
from nano_banana_addon.storage.store import Store
from nano_banana_addon.worker.client import WorkerClient
from nano_banana_addon.core.request import GenerationRequest, Need, ReferenceRole
from nano_banana_addon.core.result import State
from nano_banana_addon.wire.providers import resolve_endpoint
store = Store(Path({home!r}))
link = WorkerClient(Path({home!r}), package_root=Path({root!r}), paths=sys.path)
def shot(number):
    needs = (Need(f"@{{number - 1}}", ReferenceRole.PREVIOUS, f"shot {{number - 1}}"),) if number else ()
    return GenerationRequest(f"shot {{number}}", image_size="1K", aspect_ratio="1:1", needs=needs)
ids, _ = store.add_group([(shot(number), 0.14) for number in range(3)], batch="board")
for id in ids:
    link.submit(id, key="test-key", endpoint=resolve_endpoint("google", {url!r}))
while store.get(ids[0]).state is not State.GENERATING:
    time.sleep(0.02)
print(json.dumps([link.process_id, ids]), flush=True)
{end}
"""


@pytest.mark.parametrize("end", ENDS)
def test_when_blender_ends_in_between_the_rest_is_offered_and_sending_it_finishes_the_chain(
    studio: Studio, home: Path, end: str
) -> None:
    studio.simulator.script("silence", 1, seconds=2)
    code = BLENDER.format(root=str(ROOT), home=str(home), url=studio.simulator.base_url, end=ENDS[end])
    made = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=PATIENCE)
    assert made.stdout, made.stderr
    pid, ids = json.loads(made.stdout)
    until(lambda: not is_running(pid), "the worker process ended")
    report = recover(studio.store)
    assert [g.id for g in report.received] == ids[:1]
    assert [(g.id, g.state) for g in report.not_sent] == [(id, State.BLOCKED) for id in ids[1:]]
    assert not report.unknown
    assert studio.simulator.posts() == 1
    submit(studio, ids[1:])
    found = studio.wait(*ids)
    assert [g.state for g in found] == [State.DONE] * 3
    assert images_of(studio) == [0, 1, 1]
    assert studio.simulator.posts() == 3


def test_two_blenders_that_send_the_same_leftover_send_it_once(
    studio: Studio, picture: Picture, open_link: Callable[..., WorkerClient], home: Path
) -> None:
    studio.simulator.script("silence", seconds=1)
    ids = add_shots(studio, picture, "wide", "close")
    other = Studio(Store(home), open_link(), studio.simulator)
    submit(studio, ids)
    submit(other, ids)
    assert [g.state for g in studio.wait(*ids)] == [State.DONE] * 2
    other.link.close(wait=PATIENCE)
    studio.link.close(wait=PATIENCE)
    assert studio.simulator.posts() == 2
    other.store.close()


def test_a_need_of_an_older_result_is_joined_at_once(studio: Studio, picture: Picture) -> None:
    old = studio.make("old")
    needs = (Need(old.id, ReferenceRole.STYLE, "old"),)
    request: GenerationRequest = studio.request("new", references=(picture(),), needs=needs)
    done = studio.wait(*studio.submit(request))[0]
    assert done.state is State.DONE
    assert describe_references(done)[0] == ("STYLE", "old")
