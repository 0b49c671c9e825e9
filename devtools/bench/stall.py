# SPDX-License-Identifier: GPL-3.0-or-later
"""How long Blender's main thread would stall while a picture is fetched: a ticker of 1 ms in this
process.

`gaps_during` takes whatever starts a job, so that the same ticker measures the whole courier (as
Blender has it: started, told, polled for news; its references go through the Files API, as they
must), the wire alone in a child process with all of them in one body, and what others do: the SDK
or plain httpx in a thread.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from nano_banana_addon.core.models import DEFAULT_MODEL
from nano_banana_addon.core.request import GenerationRequest, Reference, ReferenceRole
from nano_banana_addon.core.result import END_STATES, State
from nano_banana_addon.storage.store import Store
from nano_banana_addon.wire.providers import resolve_endpoint
from nano_banana_addon.worker.client import WorkerClient
from nano_banana_addon.worker.main import NICE

from ..paths import ROOT
from .wire_material import KEY, REFERENCE_BYTES, server, variables, write_answer, write_references

TICK = 0.001  # seconds
#: To hold: milliseconds that 99.9 % of the ticks keep; the longest, as a multiple of idle.
TARGET_999 = 10.0
TARGET_FACTOR = 2.0

#: Seconds between two looks of Blender's pump.
PUMP = 0.1

#: Starts a job and returns what says whether it is done; that is asked at every tick.
Start = Callable[[], Callable[[], bool]]


@dataclass(frozen=True, slots=True)
class Stall:
    """Milliseconds by which ticks came late: 99.9 % of them less than `most`, none more than
    `longest`.
    """

    most: float
    longest: float
    seconds: float
    press: float  # milliseconds to start it


def gaps_during(start: Start, at_least: float = 0.0) -> Stall:
    """Tick while a job runs, and for `at_least` seconds. The press itself, which records the request
    durably, is apart like the capture."""
    late: list[float] = []
    pressed = time.perf_counter()
    done = start()
    begun = last = time.perf_counter()
    running = True
    while running or last - begun < at_least:
        time.sleep(TICK)
        running = running and not done()
        now = time.perf_counter()
        late.append(now - last - TICK)
        last = now
    late.sort()
    return Stall(late[int(len(late) * 0.999)] * 1e3, late[-1] * 1e3, last - begun, (begun - pressed) * 1e3)


def idle() -> Callable[[], bool]:
    """A job that is nothing."""
    return lambda: True


@contextmanager
def courier(address: str, home: Path, files: list[Path]) -> Iterator[Start]:
    """One request through the store and the link, its courier started for it, as the pump sees it."""
    store = Store(home)
    link = WorkerClient(home, package_root=ROOT, paths=sys.path)
    references = tuple(Reference(ReferenceRole.STYLE, str(path)) for path in files)
    request = GenerationRequest("x", image_size="4K", aspect_ratio="16:9", references=references, model=DEFAULT_MODEL)

    def start() -> Callable[[], bool]:
        id = store.add(request)
        link.submit(id, key=KEY, endpoint=resolve_endpoint("google", address))
        return _news(store, id)

    try:
        yield start
    finally:
        link.close(wait=30)
        store.close()


def _news(store: Store, id: str) -> Callable[[], bool]:
    """What the pump does every tenth of a second: look for news, and read what is new."""
    seen, asked = store.revision(), 0.0

    def ended() -> bool:
        nonlocal seen, asked
        if time.perf_counter() - asked < PUMP:
            return False
        asked = time.perf_counter()
        seen, changed = store.changes_since(seen)
        (found,) = store.many([id]) if changed else (None,)
        if found and found.state in END_STATES and found.state is not State.DONE:
            raise RuntimeError(f"the courier ended with {found.state}: {found.failure}")
        return found is not None and found.state is State.DONE

    return ended


def in_a_child(address: str, folder: Path, files: list[Path]) -> Start:
    """The wire in a process of its own, once, as the courier does it."""

    def start() -> Callable[[], bool]:
        command = [sys.executable, "-m", "devtools.bench.wire_worker", "ours", address, str(folder)]
        child = subprocess.Popen(
            [*command, "inline", *map(str, files)],
            cwd=ROOT,
            env=variables(),
            stdout=subprocess.DEVNULL,
            preexec_fn=partial(os.nice, NICE),
        )
        return lambda: child.poll() is not None

    return start


def in_a_thread(work: Callable[[], None]) -> Start:
    """What others do."""

    def start() -> Callable[[], bool]:
        thread = threading.Thread(target=work, daemon=True)
        thread.start()
        return lambda: not thread.is_alive()

    return start


def naive_httpx(address: str, folder: Path, files: list[Path]) -> None:
    """The few lines that a quick add-on would have."""
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


def main(argv: list[str]) -> int:
    """Print the table; 0 when the figures hold."""
    parser = argparse.ArgumentParser(prog="bench stall", description=__doc__)
    parser.add_argument("--without-others", action="store_true", help="leave SDK and httpx out")
    options = parser.parse_args(argv)
    with tempfile.TemporaryDirectory(prefix="bench-stall-") as name:
        folder = Path(name)
        answer = write_answer(folder)
        small = write_references(folder, 1, 120_000)
        files = write_references(folder, 14, REFERENCE_BYTES)
        with server(answer) as address:
            with courier(address, folder / "home", files) as start:
                ours = gaps_during(start)
            held = _show("the courier, by uploads", ours, gaps_during(idle, ours.seconds))
            child = gaps_during(in_a_child(address, folder, [*small, *files]))
            held &= _show("the wire alone, inline", child, gaps_during(idle, child.seconds))
            if not options.without_others:
                _show_others(address, folder, small, files)
    return 0 if held else 1


def _show(name: str, job: Stall, beside: Stall) -> bool:
    held = job.most <= TARGET_999 and job.longest <= TARGET_FACTOR * beside.longest
    _line("idle beside it", beside)
    _line(name, job)
    _say(f"  to hold: 99.9 % <= {TARGET_999:g} ms, longest <= {TARGET_FACTOR:g} x idle")
    _say(f"  longest {job.longest / beside.longest:.2f} x idle   {'held' if held else 'NOT HELD'}")
    return held


def _show_others(address: str, folder: Path, small: list[Path], files: list[Path]) -> None:
    from .wire_worker import genai

    sdk = genai(address, folder, "inline")
    sdk(small)
    _line("google-genai in a thread", gaps_during(in_a_thread(lambda: sdk(files))))
    _line(
        "plain httpx in a thread",
        gaps_during(in_a_thread(lambda: naive_httpx(address, folder, files))),
    )


def _line(name: str, stall: Stall) -> None:
    _say(
        f"  {name:26} 99.9 % {stall.most:7.1f} ms   longest {stall.longest:7.1f} ms"
        f"   in {stall.seconds:5.1f} s   press {stall.press:5.1f} ms"
    )


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
