# SPDX-License-Identifier: GPL-3.0-or-later
"""How long Blender's main thread would stall while a picture is fetched: a ticker of 1 ms in this
process.

`gaps_during` takes whatever starts a job, so that the same ticker measures the wire alone in a
child process, the whole courier, and what others do: the SDK or plain httpx in a thread.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from ..paths import ROOT
from .wire_material import KEY, REFERENCE_BYTES, server, write_answer, write_references

TICK = 0.001  # seconds
#: Milliseconds: design.md, section 6.
TARGET_999 = 10.0
TARGET_FACTOR = 2.0

#: A process that works for Blender steps back behind it.
COURIER_NICE = 5

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


def gaps_during(start: Start, at_least: float = 0.0) -> Stall:
    """Tick while a job runs, and for `at_least` seconds."""
    late: list[float] = []
    begun = last = time.perf_counter()
    done = start()
    running = True
    while running or last - begun < at_least:
        time.sleep(TICK)
        running = running and not done()
        now = time.perf_counter()
        late.append(now - last - TICK)
        last = now
    late.sort()
    return Stall(late[int(len(late) * 0.999)] * 1e3, late[-1] * 1e3, last - begun)


def idle() -> Callable[[], bool]:
    """A job that is nothing."""
    return lambda: True


def in_a_child(address: str, folder: Path, files: list[Path]) -> Start:
    """The wire in a process of its own, once, as the courier does it."""

    def start() -> Callable[[], bool]:
        command = [sys.executable, "-m", "devtools.bench.wire_worker", "ours", address, str(folder)]
        child = subprocess.Popen(
            [*command, "inline", *map(str, files)],
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
            preexec_fn=partial(os.nice, COURIER_NICE),
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
            child = gaps_during(in_a_child(address, folder, [*small, *files]))
            beside = gaps_during(idle, child.seconds)
            held = _show(child, beside)
            if not options.without_others:
                _show_others(address, folder, small, files)
    return 0 if held else 1


def _show(job: Stall, beside: Stall) -> bool:
    held = job.most <= TARGET_999 and job.longest <= TARGET_FACTOR * beside.longest
    _line("idle", beside)
    _line("wire in a child process", job)
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
        f"   in {stall.seconds:5.1f} s"
    )


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
