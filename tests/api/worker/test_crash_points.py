# SPDX-License-Identifier: GPL-3.0-or-later
"""A process is killed, or its disk fails, at every single moment of its work; nothing is lost and nothing paid twice.

The quick tests take moments of each kind, the soak tests all.
"""

from __future__ import annotations

import errno
import io
import json
import shutil
import sys
import uuid
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from devtools.simulator.server import Simulator
from nano_banana_addon.core.constants import Kind, ReferenceRole, State
from nano_banana_addon.core.files import compute_sha256
from nano_banana_addon.core.request import GenerationRequest, Reference, Region
from nano_banana_addon.core.result import Generation
from nano_banana_addon.simulator.painting.job import PaintJob
from nano_banana_addon.storage.database import ledger
from nano_banana_addon.storage.database.query import HistoryQuery
from nano_banana_addon.storage.files import raw_answers
from nano_banana_addon.storage.recovery import recover
from nano_banana_addon.storage.store import Store
from tests.old_data import written
from tests.support.crash_points import Runner

from .conftest import KEY

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="forks")


@pytest.fixture(scope="module")
def runner() -> Iterator[Runner]:
    running = Runner()
    yield running
    running.close()


class Ground:
    """A new history with one queued request, and its service."""

    def __init__(
        self, home: Path, simulator: Simulator, runner: Runner, request: GenerationRequest | None = None
    ) -> None:
        self.home, self.simulator, self.runner = home, simulator, runner
        store = Store(home)
        request = request or GenerationRequest("a street", image_size="1K", aspect_ratio="1:1")
        # A name of its own: what the process killed before had sent may still arrive.
        self.prompt = f"{request.prompt} of {uuid.uuid4().hex}"
        self.id = store.add(replace(request, prompt=self.prompt), estimate=0.14)
        store.close()

    def generate(self, point: int = 0, error: int = 0) -> list[str]:
        """Carry it out up to a moment; returns those that were reached."""
        return self.runner.run("generate", self.home, self.id, self.simulator.base_url, point=point, error=error)

    def has_whole_answer(self) -> bool:
        """Whether the disk holds all that was paid for."""
        folder = self.home / "receiving" / self.id
        path = folder / raw_answers.get_path(Store(self.home).places, self.id).name
        try:
            json.loads(path.read_bytes())
        except (OSError, ValueError):
            return (folder / "answer.json").is_file()
        return True

    def check(self, *, must_be_done: bool, killed: bool = True) -> State:
        """What must hold after the next start, whatever happened; returns the state."""
        store = Store(self.home)
        try:
            report = recover(store)
            found = store.get(self.id)
            assert found
            posts = self.simulator.posts(self.prompt)
            assert posts <= 1, "sent twice"
            assert found.state is State.DONE or not must_be_done, found
            self._check_state(store, found, posts, killed=killed)
            assert [g.id for g in report.unknown] == [self.id] * (found.state is State.UNKNOWN)
            assert [g.id for g in report.not_sent] == [self.id] * (found.state is State.QUEUED)
            assert not [path for path in self.home.rglob("*.part") if path.is_file()]
            # A queued one's folder may be there: a worker process may use it at any moment.
            assert not list(store.places.receiving.glob("*/*" if found.state is State.QUEUED else "*"))
            assert store.database.row("PRAGMA integrity_check")[0] == "ok"
            recover(store)
            assert store.get(self.id) == found, "a second start changes nothing"
            return found.state
        finally:
            store.close()

    def _check_state(self, store: Store, found: Generation, posts: int, *, killed: bool) -> None:
        total = ledger.total(store.database)
        if found.state is State.DONE:
            assert found.picture
            assert compute_sha256(Path(found.picture.path)) == found.picture.sha256
            assert Path(found.picture.path).with_suffix(".json").is_file()
            assert found.answer.usage.image == self.simulator.billed[-1].image_tokens
            assert (total.answers, total.unknown) == (1, 0)
            assert total.usd == pytest.approx(found.cost_usd)
        elif found.state is State.QUEUED:
            assert posts == 0
            assert (total.answers, total.unknown) == (0, 0)
        else:
            allowed = {State.UNKNOWN} if killed else {State.UNKNOWN, State.FAILED}
            assert found.state in allowed, found
            assert total.answers == 0
            assert total.unknown == 1 or (found.state is State.FAILED and not posts), found


@pytest.fixture
def grounds(tmp_path: Path, simulator: Simulator, runner: Runner) -> Iterator[Ground]:
    """One new history after another."""
    return (Ground(tmp_path / f"home{number}", simulator, runner) for number in range(10_000))


def kill_at(grounds: Iterator[Ground], points: list[int]) -> dict[State, int]:
    """Kill the worker at each of the points; returns how often which state came of it."""
    states: dict[State, int] = {}
    for point in points:
        ground = next(grounds)
        reached = ground.generate(point)
        state = ground.check(must_be_done="received" in reached or ground.has_whole_answer())
        states[state] = states.get(state, 0) + 1
        shutil.rmtree(ground.home)
    return states


def find_points(moments: list[str], *names: str) -> list[int]:
    """The numbers of the last moments of some kinds, in a run to its end."""
    return sorted({len(moments) - moments[::-1].index(name) for name in names})


def test_a_worker_killed_at_a_moment_of_each_kind_loses_and_repeats_nothing(grounds: Iterator[Ground]) -> None:
    ground = next(grounds)
    moments = ground.generate()
    assert ground.check(must_be_done=True) is State.DONE
    points = find_points(moments, "send", "receive", "write", "received", "sync", "rename", "COMMIT", "remove")
    states = kill_at(grounds, [moments.index("send"), *points])
    assert states[State.DONE] >= 5


def return_sent(job: PaintJob) -> Image.Image:
    """The crop of an edit, as it was sent but for a stripe in its middle."""
    sent = Image.open(io.BytesIO(job.images[-1])).convert("RGB").resize((job.width, job.height))
    sent.paste((200, 40, 30), (job.width * 2 // 5, job.height * 2 // 5, job.width * 3 // 5, job.height * 3 // 5))
    return sent


@pytest.fixture
def edits(tmp_path: Path, runner: Runner) -> Iterator[Iterator[Ground]]:
    """One new history after another, with an edit of an image of 512 pixels."""
    image, mask = tmp_path / "wall.png", tmp_path / "mask.png"
    coarse = np.random.default_rng(3).integers(40, 210, (32, 32, 3), dtype=np.uint8)
    Image.fromarray(coarse).resize((512, 512), Image.Resampling.BICUBIC).save(image)
    grey = np.zeros((512, 512), np.uint8)
    grey[200:312, 200:312] = 255
    Image.fromarray(grey).save(mask)
    request = GenerationRequest(
        "a red door",
        Kind.EDIT,
        image_size="1K",
        aspect_ratio="1:1",
        references=(Reference(ReferenceRole.STRUCTURE, str(image)),),
        region=Region(str(image), str(mask), (0, 0, 512, 512), (1024, 1024)),
    )
    with Simulator(return_sent, keys=frozenset({KEY})) as simulator:
        yield (Ground(tmp_path / f"edit{number}", simulator, runner, request) for number in range(10_000))


def check_edit(home: Path, id: str) -> None:
    """The result of a finished edit is the whole image, and what was received lies beside it."""
    found = Store(home).get(id)
    assert found
    assert found.picture
    assert (found.picture.width, found.picture.height) == (512, 512)
    (received,) = [picture for picture in found.answer.pictures if picture is not found.picture]
    assert compute_sha256(Path(received.path)) == received.sha256


def test_an_edit_killed_while_it_is_laid_in_is_whole_or_laid_in_again(edits: Iterator[Ground]) -> None:
    ground = next(edits)
    moments = ground.generate()
    assert ground.check(must_be_done=True) is State.DONE
    check_edit(ground.home, ground.id)
    received = moments.index("received") + 1
    for point in sorted({received, received + 3, *find_points(moments, "write", "sync", "rename", "COMMIT")}):
        ground = next(edits)
        reached = ground.generate(point)
        state = ground.check(must_be_done="received" in reached)
        if state is State.DONE:
            check_edit(ground.home, ground.id)
        shutil.rmtree(ground.home)


@pytest.mark.soak
def test_an_edit_killed_at_every_moment_loses_and_repeats_nothing(edits: Iterator[Ground]) -> None:
    moments = next(edits).generate()
    assert set(kill_at(edits, list(range(1, len(moments) + 1)))) == {State.QUEUED, State.UNKNOWN, State.DONE}


@pytest.mark.soak
def test_a_worker_killed_at_every_moment_loses_and_repeats_nothing(grounds: Iterator[Ground]) -> None:
    moments = next(grounds).generate()
    states = kill_at(grounds, list(range(1, len(moments) + 1)))
    sys.stderr.write(f"{len(moments)} moments: {states}\n")
    assert set(states) == {State.QUEUED, State.UNKNOWN, State.DONE}


def recover_at(ground: Ground, tmp_path: Path, step: int = 1) -> int:
    """Kill the recovery of a dead worker's work at its moments; the next one makes it good. Returns how many."""
    must_be_done = ground.has_whole_answer()
    whole = tmp_path / "whole"
    shutil.copytree(ground.home, whole)
    count = len(ground.runner.run("recover", ground.home))
    for point in range(1, count + 1, step):
        shutil.rmtree(ground.home)
        shutil.copytree(whole, ground.home)
        ground.runner.run("recover", ground.home, point=point)
        ground.check(must_be_done=must_be_done)
    shutil.rmtree(whole)
    return count


def test_a_recovery_that_is_killed_loses_nothing(grounds: Iterator[Ground], tmp_path: Path) -> None:
    moments = next(grounds).generate()
    ground = next(grounds)
    ground.generate(moments.index("received") + 2)  # right after: only the bytes are complete
    assert ground.has_whole_answer()
    assert recover_at(ground, tmp_path, step=6) > 20


@pytest.mark.soak
@pytest.mark.parametrize("start", [1, 3, 5])
def test_a_recovery_that_is_killed_at_every_moment_after_every_death_loses_nothing(
    grounds: Iterator[Ground], tmp_path: Path, start: int
) -> None:
    moments = next(grounds).generate()
    count = 0
    for point in range(moments.index("send") + start, len(moments) + 1, 6):
        ground = next(grounds)
        ground.generate(point)
        count += recover_at(ground, tmp_path)
        shutil.rmtree(ground.home)
    sys.stderr.write(f"{count} kills of the recovery\n")


def fail_at(grounds: Iterator[Ground], points: list[int], error: int) -> None:
    """Let the disk fail from each of the points on, until the worker has ended."""
    for point in points:
        ground = next(grounds)
        ground.generate(point, error)
        ground.check(must_be_done=ground.has_whole_answer(), killed=False)
        shutil.rmtree(ground.home)


def test_a_disk_that_fails_from_some_moment_on_loses_no_whole_answer(grounds: Iterator[Ground]) -> None:
    moments = next(grounds).generate()
    fail_at(grounds, find_points(moments, "receive", "write", "received", "COMMIT")[:4], errno.ENOSPC)


@pytest.mark.soak
@pytest.mark.parametrize("error", [errno.ENOSPC, errno.EIO])
def test_a_disk_that_fails_from_any_moment_on_loses_no_whole_answer(grounds: Iterator[Ground], error: int) -> None:
    moments = next(grounds).generate()
    fail_at(grounds, list(range(1, len(moments) + 1)), error)


@pytest.mark.soak
def test_a_clean_up_that_is_killed_at_every_moment_leaves_a_sound_history(
    grounds: Iterator[Ground], tmp_path: Path, runner: Runner
) -> None:
    ground = next(grounds)
    ground.generate()
    store = Store(ground.home)
    more = [store.add(GenerationRequest(f"street {number}", image_size="1K"), estimate=0.14) for number in range(2)]
    store.close()
    for id in more:
        runner.run("generate", ground.home, id, ground.simulator.base_url)
    whole = tmp_path / "whole"
    shutil.copytree(ground.home, whole)
    usd = ledger.total(Store(whole).database).usd
    for point in range(1, len(runner.run("prune", ground.home)) + 1):
        shutil.rmtree(ground.home)
        shutil.copytree(whole, ground.home)
        runner.run("prune", ground.home, point=point)
        store = Store(ground.home)
        left = {generation.id for generation in store.page(HistoryQuery(), 0, 10)}
        recover(store)
        found = store.page(HistoryQuery(), 0, 10)
        assert {generation.id for generation in found} == left, "a deleted one comes back"
        assert all(Path(generation.picture.path).is_file() for generation in found)
        assert ledger.total(store.database).usd == pytest.approx(usd)
        store.close()


@pytest.mark.soak
def test_a_migration_that_is_killed_at_every_moment_is_made_good(tmp_path: Path, runner: Runner) -> None:
    whole, home = tmp_path / "whole", tmp_path / "home"
    shutil.copytree(written.unpack_store(whole), home)
    moments = runner.run("open", home)
    count = Store(home).count(HistoryQuery())
    assert count > 20
    for point in range(1, len(moments) + 1):
        shutil.rmtree(home)
        shutil.copytree(whole / "store", home)
        runner.run("open", home, point=point)
        store = Store(home)
        assert store.count(HistoryQuery()) == count
        assert store.database.row("PRAGMA integrity_check")[0] == "ok"
        store.close()
