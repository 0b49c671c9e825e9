# SPDX-License-Identifier: GPL-3.0-or-later
"""200 shots by openjd on two workers, one of which is killed: the images of one process, each generated once."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from devtools.paths import ROOT
from devtools.simulator import solid
from devtools.simulator.server import Simulator
from nano_banana_addon.core.request import GenerationRequest
from nano_banana_addon.features.farm import schedulers
from nano_banana_addon.storage import job_folder
from nano_banana_addon.storage.database.budget import Pacing
from nano_banana_addon.storage.database.query import HistoryQuery
from nano_banana_addon.storage.files.layout import open_home
from nano_banana_addon.storage.job_folder import JobFolder
from nano_banana_addon.storage.store import Store
from tests.support.schedulers import PROGRAM, needs_tools, run_chunk, write_blender

from .harness import until
from .server import KEY

pytestmark = [
    pytest.mark.soak,
    needs_tools,
    pytest.mark.skipif(sys.platform != "linux", reason="signals, and a shell script in place of Blender"),
]
#: Seconds of a generation: the service takes three times as long.
COUNT, LATENCY, AT_ONCE = 200, 6.0, 4
CHUNKS = ("0-99", "100-199")
#: Times the time that the service alone takes.
HOLD = 1.1


def write_job(folder: Path) -> Path:
    """A job of 200 shots."""
    requests = tuple(GenerationRequest(f"shot {n:03}", image_size="1K", aspect_ratio="1:1") for n in range(COUNT))
    open_home(folder)
    job_folder.write(JobFolder(requests, pacing=Pacing(0.0), folder=folder))
    schedulers.write_files(folder, COUNT // len(CHUNKS))
    return folder


def environment_for(server: Simulator) -> dict[str, str]:
    """What a worker of the farm has."""
    return {"PYTHONPATH": str(ROOT), "NANO_BANANA_BASE_URL": server.base_url, "GEMINI_API_KEY": KEY}


def read_images(folder: Path) -> dict[str, bytes]:
    """The bytes of each result, by its prompt; fails where one is missing."""
    store = Store(folder)
    found = store.page(HistoryQuery(), 0, COUNT + 1)
    store.close()
    return {each.request.prompt: Path(each.picture.path).read_bytes() if each.picture else b"" for each in found}


def wait_for(*workers: subprocess.Popen[str]) -> None:
    """Wait until the workers have ended well."""
    for worker in workers:
        said, _ = worker.communicate(timeout=600)
        assert worker.returncode == 0, said[-3000:]


def generate_alone(folder: Path) -> dict[str, bytes]:
    """The images of one process."""
    with Simulator(solid.paint, keys=frozenset({KEY})) as server:
        command = [*PROGRAM, "generate", str(write_job(folder)), "--at-once", "16"]
        subprocess.run(command, env=os.environ | environment_for(server), check=True, capture_output=True, timeout=600)
    return read_images(folder)


@pytest.mark.parametrize("kills", [0, 1], ids=["undisturbed", "one killed"])
def test_two_workers_generate_what_one_process_does_each_once_and_in_time(tmp_path: Path, kills: int) -> None:
    folder, blender = write_job(tmp_path / "job"), write_blender(tmp_path)
    with Simulator(solid.paint, keys=frozenset({KEY}), delay=LATENCY) as server:
        begun = time.monotonic()
        workers = [run_chunk(folder, items, blender, environment_for(server)) for items in CHUNKS]
        if kills:
            until(lambda: len(server.billed) > COUNT // 4, "a quarter is there")
            os.killpg(workers[0].pid, signal.SIGKILL)
            workers[0].communicate()
            workers[0] = run_chunk(folder, CHUNKS[0], blender, environment_for(server))
        wait_for(*workers)
        seconds = time.monotonic() - begun
        asked = Counter(request.prompt for request in server.requests if request.method == "POST")
    ideal = COUNT / (AT_ONCE * len(CHUNKS)) * LATENCY
    sys.stderr.write(f"\n{COUNT} shots, two workers: {seconds:.1f} s, {seconds / ideal:.3f} x ideal\n")
    assert asked == {f"shot {n:03}": 1 for n in range(COUNT)}
    assert read_images(folder) == generate_alone(tmp_path / "alone")
    assert seconds <= HOLD * ideal
