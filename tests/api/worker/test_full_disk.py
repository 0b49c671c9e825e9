# SPDX-License-Identifier: GPL-3.0-or-later
"""A disk that is full while a 4K image arrives: the image fits into what was set aside for it. Where others take even
that, it is told, nothing is claimed, and with room it can be asked again."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from PIL import Image

from devtools.simulator.server import Simulator
from nano_banana_addon.core.constants import State
from nano_banana_addon.core.files import compute_sha256
from nano_banana_addon.core.result import Generation
from nano_banana_addon.storage.database import ledger
from nano_banana_addon.storage.recovery import recover
from nano_banana_addon.storage.store import Store
from nano_banana_addon.wire.contract.spool import NEEDED_SPACE
from nano_banana_addon.worker.client import WorkerClient

from .conftest import KEY, Studio, until

#: Room for one 4K picture and its record, beyond what is asked for before sending.
_ROOM = NEEDED_SPACE + 80 * 2**20
_MB = 2**20


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A small disk of its own."""
    folder = tmp_path / "disk"
    folder.mkdir()
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("only root on Linux can mount a small disk")
    mount = ["mount", "-t", "tmpfs", "-o", f"size={_ROOM}", "tmpfs", str(folder)]
    if subprocess.run(mount, capture_output=True).returncode != 0:
        pytest.skip("no small disk can be mounted here")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.fixture
def home(disk: Path) -> Path:
    return disk / "home"


@pytest.fixture(scope="module")
def picture_4k() -> bytes:
    """Some 16 MB, as a detailed 4K picture has."""
    stream = io.BytesIO()
    Image.effect_noise((4096, 4096), 80).save(stream, "PNG", compress_level=1)
    return stream.getvalue()


@pytest.fixture
def simulator(picture_4k: bytes) -> Iterator[Simulator]:
    with Simulator(canned=picture_4k, keys=frozenset({KEY})) as running:
        yield running


def fill(disk: Path, left: int, name: str = "somebody-elses") -> Path:
    """Leave so many bytes on the disk."""
    path = disk / name
    with path.open("wb") as file:
        state = os.statvfs(disk)
        os.posix_fallocate(file.fileno(), 0, state.f_bavail * state.f_frsize - left)
    return path


@contextmanager
def filling(disk: Path) -> Iterator[list[Path]]:
    """Take every byte that becomes free, until the block ends; the files that do."""
    fillers, has_ended = [fill(disk, 0)], threading.Event()

    def take() -> None:
        while not has_ended.wait(0.0005):
            with suppress(OSError):  # nothing is free, or somebody was faster
                fillers.append(fill(disk, 0, f"more-{len(fillers)}"))

    thread = threading.Thread(target=take)
    thread.start()
    try:
        yield fillers
    finally:
        has_ended.set()
        thread.join()


def begun(studio: Studio) -> str:
    """A 4K picture that is being painted."""
    studio.simulator.script("silence", 1, seconds=2)
    (id,) = studio.submit(studio.request(image_size="4K"))
    studio.until_state(id, State.GENERATING)
    return id


def check_told(studio: Studio, lost: Generation) -> None:
    """Not claimed, perhaps billed, told with what to do; the history is whole."""
    assert lost.state in {State.FAILED, State.UNKNOWN}
    assert lost.answer is None
    assert lost.failure
    assert lost.failure.next_step
    assert not list(studio.store.places.results.rglob("*.*"))
    assert not list(studio.store.places.receiving.iterdir())
    total = ledger.total(studio.store.database)
    assert (total.answers, total.usd, total.unknown) == (0, 0.0, 1)
    assert studio.store.database.row("PRAGMA integrity_check")[0] == "ok"


def check_again(studio: Studio, id: str, picture: bytes) -> None:
    """The user asks again, and has it."""
    assert studio.simulator.posts() == 1
    studio.store.resend(id)
    studio.resubmit(id)
    (done,) = studio.wait(id)
    assert done.state is State.DONE, done.failure
    assert done.answer
    assert done.answer.result
    assert Path(done.answer.result.path).read_bytes() == picture
    assert compute_sha256(Path(done.answer.result.path)) == done.answer.result.sha256
    assert studio.simulator.posts() == 2
    total = ledger.total(studio.store.database)
    assert (total.answers, total.unknown) == (1, 1)


@pytest.mark.parametrize("left", [8 * _MB, _MB])
def test_a_disk_that_somebody_fills_meanwhile_loses_no_image(
    studio: Studio, disk: Path, picture_4k: bytes, left: int
) -> None:
    """Room for the answer was set aside before it was asked for."""
    id = begun(studio)
    fill(disk, left)
    (done,) = studio.wait(id)
    assert done.state is State.DONE, done.failure
    assert done.answer
    assert done.answer.result
    assert Path(done.answer.result.path).read_bytes() == picture_4k
    assert not list(studio.store.places.receiving.iterdir())
    assert studio.simulator.posts() == 1


def test_a_disk_that_is_filled_again_and_again_is_told(studio: Studio, disk: Path, picture_4k: bytes) -> None:
    """What was set aside is given up when it is needed, and somebody else is faster."""
    id = begun(studio)
    with filling(disk) as fillers:
        until(lambda: gave_up(studio), "the answer has ended")
        time.sleep(1.0)
    for filler in fillers:
        filler.unlink()
    (lost,) = studio.wait(id)
    check_told(studio, lost)
    check_again(studio, id, picture_4k)


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_a_courier_killed_on_a_full_disk_leaves_what_the_next_start_tells(
    studio: Studio,
    disk: Path,
    home: Path,
    picture_4k: bytes,
    open_link: Callable[..., WorkerClient],
) -> None:
    """What the worker process could still say stays; what it left open is unknown."""
    id = begun(studio)
    with filling(disk) as fillers:
        until(lambda: gave_up(studio), "the answer has ended")
        assert studio.link.process_id
        os.kill(studio.link.process_id, signal.SIGKILL)
        until(lambda: not studio.link.alive, "the worker process is gone")
    for filler in fillers:
        filler.unlink()
    left = studio.store.get(id)
    assert left
    later = Store(home)
    recover(later)
    later.close()
    (lost,) = studio.wait(id)
    check_told(studio, lost)
    assert lost.state is (State.FAILED if left.state is State.FAILED else State.UNKNOWN)
    studio.link = open_link()
    check_again(studio, id, picture_4k)


def gave_up(studio: Studio) -> bool:
    """Whether the service has nothing more to say: sent to its end, or hung up on."""
    asked = studio.simulator.requests
    return bool(asked) and (asked[-1].answered_at is not None or asked[-1].gone_at is not None)
