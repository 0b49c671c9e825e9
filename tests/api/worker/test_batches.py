# SPDX-License-Identifier: GPL-3.0-or-later
"""Batches at half price: submitted, followed over restarts, recorded by key; every request ends once, paid once."""

from __future__ import annotations

import os
import signal
import time
from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import replace
from pathlib import Path

import pytest

from devtools.simulator import solid
from devtools.simulator.server import Simulator
from nano_banana_addon.core import cost
from nano_banana_addon.core.constants import ReferenceRole, State
from nano_banana_addon.core.errors import ErrorKind, InputError
from nano_banana_addon.core.request import Need
from nano_banana_addon.storage import recovery
from nano_banana_addon.storage.database import batch_jobs, budget, ledger, query
from nano_banana_addon.storage.store import Store
from nano_banana_addon.wire.providers import resolve_endpoint
from nano_banana_addon.worker.client import WorkerClient

from .conftest import KEY, PATIENCE, Studio, until

OTHER_KEY = "other-key"


def submit(studio: Studio, count: int, prompt: str = "shot {}", **choices: object) -> list[str]:
    requests = [studio.request(prompt.format(n), service_tier="batch", **choices) for n in range(count)]
    ids, _ = studio.store.add_group([(request, cost.estimate(request)) for request in requests])
    for id in ids:
        studio.resubmit(id)
    return ids


def get_jobs(studio: Studio, *, closed: bool = False) -> list[batch_jobs.BatchJob]:
    return batch_jobs.list_jobs(studio.store.database, closed=closed)


def count_orders(studio: Studio) -> int:
    return sum(entry.path.endswith(":batchGenerateContent") for entry in studio.simulator.requests)


def test_a_batch_brings_each_its_own_image_at_half_price(studio: Studio) -> None:
    ids = submit(studio, 3)
    found = studio.wait(*ids)
    assert [g.state for g in found] == [State.DONE] * 3
    single = studio.make("shot 0")
    for generation in found:
        assert generation.cost_usd == pytest.approx((single.cost_usd or 0) / 2, rel=0.1)
    assert len({g.picture.sha256 for g in found if g.picture}) == 3
    assert count_orders(studio) == 1
    total = ledger.total(studio.store.database)
    assert (total.answers, total.unknown) == (4, 0)
    until(lambda: not get_jobs(studio), "the batch is closed")
    assert not any((studio.store.home / "batches").iterdir())


@pytest.mark.parametrize("count", [250, pytest.param(500, marks=pytest.mark.soak)])
def test_many_items_end_once_although_the_worker_is_killed_and_batches_stick_and_expire(
    studio: Studio, count: int
) -> None:
    """Batches of 50, their lines in another order: two stick, one expires, three items fail, the worker dies twice."""
    refused = (160, count - 40, count - 1)  # in batches that work
    studio.store.set_pacing(budget.Pacing(limit_usd=0.0))
    studio.simulator.script("batch_stuck", times=2, on="batch")
    studio.simulator.script("batch_expired", times=1, on="batch")
    requests = [studio.request(name_of(number, refused), service_tier="batch") for number in range(count)]
    ids, _ = studio.store.add_group([(request, cost.estimate(request)) for request in requests])
    for id in ids:
        studio.resubmit(id)
    for orders in (4, count // 50):
        until(lambda orders=orders: count_orders(studio) >= orders, f"{orders} batches are ordered")
        assert studio.link.process_id
        os.kill(studio.link.process_id, signal.SIGKILL)

    def count_states() -> Counter[State]:
        return Counter(g.state for g in studio.store.many(ids))

    expected = {State.DONE: count - 153, State.FAILED: 53, State.GENERATING: 100}
    until(lambda: count_states() == expected, "only two are stuck")
    assert count_orders(studio) == count // 50
    stuck = get_jobs(studio)
    assert [job.open for job in stuck] == [50, 50]
    assert not any(job.is_late for job in stuck)
    batch_jobs.update(studio.store.database, stuck[0].id, created=time.time() - 25 * 3600)
    assert [job.is_late for job in get_jobs(studio)] == [True, False]
    for job in stuck:
        assert not batch_jobs.send_rest(studio.store.database, studio.store.home, job.id)
    expired = next(job for job in get_jobs(studio, closed=True) if job.failed == 50)
    rest = batch_jobs.send_rest(studio.store.database, studio.store.home, expired.id)
    for id in rest:
        studio.resubmit(id)
    studio.link.cancel("nothing")  # wakes the worker process
    found = studio.wait(*ids)
    assert Counter(g.state for g in found) == {State.DONE: count - 3, State.FAILED: 3}
    assert [int(g.request.prompt.split()[-1]) for g in found if g.state is State.FAILED] == [*refused]
    sums = ledger.total(studio.store.database)
    assert (sums.answers, sums.pictures, sums.unknown) == (count - 3, count - 3, 0)
    assert sums.usd == pytest.approx(sum(g.cost_usd or 0.0 for g in found))
    assert len(studio.simulator.billed) == count - 3
    assert Counter(g.request.service_tier for g in found) == {"batch": count - 150, "": 150}


def name_of(number: int, refused: Collection[int]) -> str:
    """The prompt of an item; the service refuses some with an error."""
    return f"[[sim:400_invalid]] shot {number}" if number in refused else f"shot {number}"


def test_a_refused_item_is_a_refusal_and_an_error_costs_nothing(studio: Studio) -> None:
    prompts = ("a lake", "[[sim:refusal_image_safety]] a fight", "[[sim:400_invalid]] a broken one")
    ids = studio.submit(*(studio.request(prompt, service_tier="batch") for prompt in prompts))
    done, refused, failed = studio.wait(*ids)
    assert [g.state for g in (done, refused, failed)] == [State.DONE, State.REFUSED, State.FAILED]
    assert failed.failure
    assert failed.failure.http_status == 400
    assert ledger.total(studio.store.database).unknown == 0


@pytest.mark.parametrize(
    ("case", "states", "said"),
    [
        ("batch_damaged", {State.DONE: 2, State.UNKNOWN: 1}, "damaged"),
        ("batch_missing", {State.DONE: 2, State.UNKNOWN: 1}, "holds nothing for this"),
        ("batch_gone", {State.UNKNOWN: 3}, "are gone"),
        ("batch_foreign", {State.DONE: 3}, ""),
        ("batch_flattened", {State.DONE: 3}, ""),
        ("batch_failed", {State.FAILED: 3}, "nothing was billed"),
        ("batch_expired", {State.FAILED: 3}, "expired before"),
    ],
)
def test_what_a_batch_does_not_bring_ends_with_a_sentence(
    studio: Studio, case: str, states: dict[State, int], said: str
) -> None:
    studio.simulator.script(case, times=1, on="batch")
    found = studio.wait(*submit(studio, 3))
    assert Counter(g.state for g in found) == states
    for generation in found:
        assert generation.state is State.DONE or (generation.failure and said in generation.failure.message)
        if case == "batch_damaged" and generation.failure:
            kept = generation.failure.next_step.split(" is kept in ")[1].split(".jsonl")[0] + ".jsonl"
            assert generation.picture is None
            assert Path(kept).stat().st_size > 1000
    unknown = states.get(State.UNKNOWN, 0)
    until(lambda: not get_jobs(studio), "the batch is closed")
    assert ledger.total(studio.store.database).unknown == unknown


def test_an_order_whose_answer_is_lost_is_found_again_and_not_repeated(studio: Studio) -> None:
    studio.simulator.script("close", times=1, on="batch")
    assert [g.state for g in studio.wait(*submit(studio, 2))] == [State.DONE] * 2
    assert len(studio.simulator.billed) == 2


def test_a_crowded_service_gets_the_same_batch_a_little_later(studio: Studio) -> None:
    studio.simulator.script("429_capacity", times=1, on="batch")
    assert [g.state for g in studio.wait(*submit(studio, 2))] == [State.DONE] * 2
    assert [g.tries for g in studio.store.many(g.id for g in studio.store.page(query.HistoryQuery()))] == [2, 2]


def test_a_broken_order_ends_all_of_its_requests(studio: Studio) -> None:
    studio.simulator.script("403_disabled", times=1, on="batch")
    found = studio.wait(*submit(studio, 2))
    assert [g.state for g in found] == [State.FAILED] * 2
    assert ledger.total(studio.store.database).unknown == 0


def test_quitting_touches_nothing_and_the_next_start_goes_on(
    studio: Studio, open_link: Callable[..., WorkerClient]
) -> None:
    studio.simulator.script("batch_stuck", times=1, on="batch")
    ids = submit(studio, 2)
    until(lambda: all(g.in_batch and g.sent for g in studio.store.many(ids)), "both are in a batch")
    studio.link.close(wait=PATIENCE)
    report = recovery.recover(studio.store)
    assert not report
    assert [g.state for g in studio.store.many(ids)] == [State.GENERATING] * 2
    assert not recovery.recover(Store(studio.store.home)), "another Blender leaves it alone, too"
    with pytest.raises(InputError):
        recovery.resend(studio.store, ids[0])
    link = open_link()
    link.submit(ids[0], key=KEY, endpoint=resolve_endpoint("google", studio.simulator.base_url))
    link.cancel(ids[0])
    until(lambda: studio.store.many(ids)[0].state is State.CANCELLED, "one is cancelled")
    with pytest.raises(InputError, match="may still come"):
        recovery.resend(studio.store, ids[0])
    link.cancel(ids[1])
    until(lambda: not get_jobs(studio), "the batch was stopped at the service")
    assert [g.state for g in studio.store.many(ids)] == [State.CANCELLED] * 2
    assert ledger.total(studio.store.database).unknown == 0, "the service had generated nothing"
    assert count_orders(studio) == 1


def test_what_was_cancelled_and_comes_all_the_same_is_kept(studio: Studio) -> None:
    ids = submit(studio, 2)
    until(lambda: all(g.in_batch for g in studio.store.many(ids)), "both are in a batch")
    studio.link.cancel(ids[0])
    found = studio.wait(*ids)
    until(lambda: not get_jobs(studio), "the batch is closed")
    assert [g.state for g in studio.store.many(ids)] == [State.DONE] * 2, found
    assert ledger.total(studio.store.database).answers == 2


def test_another_key_ends_nothing(home: Path, open_link: Callable[..., WorkerClient]) -> None:
    with Simulator(solid.paint, keys=frozenset({KEY, OTHER_KEY})) as simulator:
        store = Store(home)
        studio = Studio(store, open_link(), simulator)
        simulator.script("batch_stuck", times=1, on="batch")
        (id,) = submit(studio, 1)
        until(lambda: studio.store.many([id])[0].sent, "it is in a batch")
        studio.link.close(wait=PATIENCE)
        open_link().submit(id, key=OTHER_KEY, endpoint=resolve_endpoint("google", simulator.base_url))
        until(lambda: "another key" in get_jobs(studio)[0].problem, "it is said")
        assert studio.store.many([id])[0].state is State.GENERATING
        store.close()


def test_no_item_is_submitted_over_a_budget(studio: Studio) -> None:
    ids = submit(studio, 3)
    studio.store.set_budgets([budget.Budget(0.15)])
    found = studio.wait(*ids)
    assert Counter(g.state for g in found) == {State.DONE: 2, State.FAILED: 1}
    assert found[2].failure
    assert found[2].failure.kind is ErrorKind.BUDGET


def test_one_that_needs_another_follows_in_a_batch_of_its_own(studio: Studio) -> None:
    first, second = (studio.request(prompt, service_tier="batch") for prompt in ("the anchor", "a shot"))
    second = replace(second, needs=(Need("@0", ReferenceRole.STYLE),))
    ids, _ = studio.store.add_group([(first, 0.1), (second, 0.1)])
    for id in ids:
        studio.resubmit(id)
    found = studio.wait(*ids)
    assert [g.state for g in found] == [State.DONE] * 2
    assert len(found[1].request.references) == 1
    assert count_orders(studio) == 2
