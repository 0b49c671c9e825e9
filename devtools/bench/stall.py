# SPDX-License-Identifier: GPL-3.0-or-later
"""How long Blender's main thread would stall while a picture is fetched: a ticker of 1 ms in this
process.

`measure_gaps` takes whatever starts a job, so that the same ticker measures the add-on's worker (as
Blender has it: started, commanded, polled for news; its references go through the Files API, as
they must), the wire alone in a child process with all of them in one body, and what others do: the
SDK or plain httpx in a thread. All in turn, each with as long an idle time after it.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import count
from pathlib import Path

from nano_banana_addon.core.constants import END_STATES, ReferenceRole, State
from nano_banana_addon.core.models import DEFAULT_MODEL
from nano_banana_addon.core.request import GenerationRequest, Reference
from nano_banana_addon.session.session import READ_AT_ONCE
from nano_banana_addon.storage.store import Store
from nano_banana_addon.wire.providers import resolve_endpoint
from nano_banana_addon.worker.client import WorkerClient
from nano_banana_addon.worker.main import NICE

from ..paths import ROOT
from .support.rows import ROUNDS, Row, compare
from .support.wire_material import KEY, REFERENCE_BYTES, server, variables, write_answer, write_references
from .support.wire_worker import make_genai

TICK = 0.001  # seconds
MOST_HOLD = 10.0  # milliseconds that 99.9 % of the ticks keep: more is felt
LONGEST_HOLD = 1.5  # times the longest of an idle time of the same length

#: Seconds between two looks of Blender's pump.
PUMP = 0.1

#: Starts a job and returns what says whether it is done; that is asked at every tick.
Start = Callable[[], Callable[[], bool]]


@dataclass(frozen=True, slots=True)
class Stall:
    """Milliseconds by which ticks came late: 99.9 % of them less than `most`, none more than
    `longest`; `press` are milliseconds to start the job, `own` is the most that one tick worked itself: the rest of
    its lateness it waited for the processor, or for the disk."""

    most: float
    longest: float
    seconds: float
    press: float
    own: float = 0.0


def measure_gaps(start: Start, at_least: float = 0.0) -> Stall:
    """Tick while a job runs, and for `at_least` seconds. The press itself, which records the request
    durably, is apart like the capture."""
    late: list[float] = []
    pressed = time.perf_counter()
    done = start()
    begun = last = time.perf_counter()
    worked, own = time.thread_time(), 0.0
    running = True
    while running or last - begun < at_least:
        time.sleep(TICK)
        running = running and not done()
        now = time.perf_counter()
        late.append(now - last - TICK)
        last = now
        own, worked = max(own, time.thread_time() - worked), time.thread_time()
    late.sort()
    most, longest = late[int(len(late) * 0.999)] * 1e3, late[-1] * 1e3
    return Stall(most, longest, last - begun, (begun - pressed) * 1e3, own * 1e3)


def start_nothing() -> Callable[[], bool]:
    """Start a job that has ended at once."""
    return lambda: True


@contextmanager
def open_worker(address: str, home: Path, files: list[Path]) -> Iterator[Start]:
    """One request through the store and the worker, which is started for it, as the pump sees it."""
    store = Store(home)
    client = WorkerClient(home, package_root=ROOT, paths=sys.path)
    references = tuple(Reference(ReferenceRole.STYLE, str(path)) for path in files)
    request = GenerationRequest("x", image_size="4K", aspect_ratio="16:9", references=references, model=DEFAULT_MODEL)

    def start() -> Callable[[], bool]:
        id = store.add(request)
        client.submit(id, key=KEY, endpoint=resolve_endpoint("google", address))
        return watch_news(store, [id])

    try:
        yield start
    finally:
        client.close(wait=30)
        store.close()


def watch_news(store: Store, ids: Sequence[str]) -> Callable[[], bool]:
    """Do what the pump does every tenth of a second: look for news, and read what is new.

    What is returned says whether all are done; it raises `RuntimeError` when one has failed.
    """
    revision, last, waiting = 0, 0.0, set(ids)
    unread: list[str] = []

    def ended() -> bool:
        nonlocal revision, last, unread
        if time.perf_counter() - last < PUMP:
            return False
        last = time.perf_counter()
        revision, changed = store.changes_since(revision)
        changed = list(dict.fromkeys([*unread, *changed]))
        changed, unread = changed[:READ_AT_ONCE], changed[READ_AT_ONCE:]
        for generation in store.many(changed) if changed else ():
            if generation.state in END_STATES and generation.state is not State.DONE:
                raise RuntimeError(f"the worker ended with {generation.state}: {generation.failure}")
            waiting.difference_update([generation.id] if generation.state is State.DONE else [])
        return not waiting

    return ended


def start_in_child(address: str, folder: Path, files: list[Path]) -> Start:
    """Run the wire in a process of its own, once, as the worker does it."""

    def start() -> Callable[[], bool]:
        command = [sys.executable, "-m", "devtools.bench.support.wire_worker", "ours", address, str(folder)]
        child = subprocess.Popen(
            [*command, "inline", *map(str, files)],
            cwd=ROOT,
            env=variables(),
            stdout=subprocess.DEVNULL,
            preexec_fn=partial(os.nice, NICE),
        )
        return lambda: child.poll() is not None

    return start


def run_in_thread(work: Callable[[], None]) -> Start:
    """Run it beside the ticker in this process, as other add-ons do."""

    def start() -> Callable[[], bool]:
        thread = threading.Thread(target=work, daemon=True)
        thread.start()
        return lambda: not thread.is_alive()

    return start


def send_by_httpx(address: str, folder: Path, files: list[Path]) -> None:
    """Send as the few lines of a quick add-on would."""
    import base64
    import json

    import httpx

    pictures = [
        {
            "inlineData": {
                "mimeType": "image/jpeg",
                "data": base64.b64encode(p.read_bytes()).decode(),
            }
        }
        for p in files
    ]
    body = {
        "contents": [{"role": "user", "parts": [{"text": "x"}, *pictures]}],
        "generationConfig": {"imageConfig": {"aspectRatio": "16:9", "imageSize": "4K"}},
    }
    url = f"{address}/v1beta/models/gemini-3-pro-image:generateContent"
    answer = httpx.post(url, json=body, headers={"x-goog-api-key": KEY}, timeout=300)
    for part in json.loads(answer.content)["candidates"][0]["content"]["parts"]:
        if "inlineData" in part:
            (folder / "naive.png").write_bytes(base64.b64decode(part["inlineData"]["data"]))


def measure(argv: list[str]) -> list[Row]:
    """The rows: milliseconds by which ticks came late, beside idle and beside what others do."""
    parser = argparse.ArgumentParser(prog="bench stall", description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    rounds = parser.parse_args(argv).rounds
    with tempfile.TemporaryDirectory(prefix="bench-stall-") as name:
        folder = Path(name)
        small = write_references(folder, 1, 120_000)
        files = write_references(folder, 14, REFERENCE_BYTES)
        with server(write_answer(folder)) as address:
            jobs = _list_jobs(address, folder, small, files)
            jobs["sdk"](small)  # loads what is loaded late
            stalls: dict[str, list[Stall]] = {key: [] for job in jobs for key in (job, f"{job} idle")}
            for _ in range(rounds):
                for job, run in jobs.items():
                    stalls[job].append(run(files))
                    seconds = stalls[job][-1].seconds
                    stalls[f"{job} idle"].append(measure_gaps(start_nothing, seconds))
    return _make_rows(stalls)


def _list_jobs(
    address: str, folder: Path, small: list[Path], files: list[Path]
) -> dict[str, Callable[[list[Path]], Stall]]:
    homes = count()
    sdk = make_genai(address, folder, "inline")

    def run_worker(paths: list[Path]) -> Stall:
        with open_worker(address, folder / f"home-{next(homes)}", paths) as start:
            return measure_gaps(start)

    def send(paths: list[Path]) -> None:
        send_by_httpx(address, folder, paths)

    return {
        "worker": run_worker,
        "child": lambda paths: measure_gaps(start_in_child(address, folder, [*small, *paths])),
        "sdk": lambda paths: measure_gaps(run_in_thread(lambda: sdk(paths))),
        "httpx": lambda paths: measure_gaps(run_in_thread(lambda: send(paths))),
    }


def _make_rows(stalls: dict[str, list[Stall]]) -> list[Row]:
    def collect(job: str, figure: str) -> list[float]:
        return [getattr(stall, figure) for stall in stalls[job]]

    rows: list[Row] = []
    for job, name in (("worker", "worker, by uploads"), ("child", "wire alone, inline")):
        most, longest = collect(job, "most"), collect(job, "longest")
        idle_most, idle_longest = collect(f"{job} idle", "most"), collect(f"{job} idle", "longest")
        press = f"press {statistics.median(collect(job, 'press')):.1f} ms"
        seconds = f"{statistics.median(collect(job, 'seconds')):.1f} s, {press}"
        rows += [
            compare(
                f"{name}: 99.9 %",
                "ms",
                most,
                idle_most,
                "idle",
                MOST_HOLD,
                is_absolute=True,
                note=seconds,
            ),
            compare(f"{name}: longest", "ms", longest, idle_longest, "idle", LONGEST_HOLD),
            compare(
                f"{name}: longest",
                "ms",
                longest,
                collect("sdk", "longest"),
                "google-genai in a thread",
            ),
            compare(
                f"{name}: longest",
                "ms",
                longest,
                collect("httpx", "longest"),
                "plain httpx in a thread",
            ),
        ]
    return rows
