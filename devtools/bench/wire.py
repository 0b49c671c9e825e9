# SPDX-License-Identifier: GPL-3.0-or-later
"""What sending 14 references of 7 MB and receiving a 4K picture costs, beside Google's own SDK.

The server runs in a process of its own, each client in another; medians of 5 runs, in turn, so that
both see the same machine. Linux only: the peak of memory is the kernel's own record.
"""

from __future__ import annotations

import argparse
import json
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ..paths import ROOT
from .wire_material import REFERENCE_BYTES, server, variables, write_answer, write_references

#: What is to be held, as parts of google-genai's figures.
CPU_TARGET, MEMORY_TARGET = 0.5, 0.05


@dataclass(frozen=True, slots=True)
class Job:
    """One row of the table: what is sent, how, and what must be held."""

    name: str
    mode: str
    count: int
    size: int
    cpu: float
    memory: float


JOBS = (
    Job("a", "inline", 14, REFERENCE_BYTES, CPU_TARGET, MEMORY_TARGET),
    Job("b-inline", "inline", 2, 6_600_000, 1.0, 1.0),
    Job("b-files", "files", 14, REFERENCE_BYTES, 1.0, 1.0),
)
_TITLES = {
    "a": "14 x 7 MB inline, 4K PNG back",
    "b-inline": "18 MB body, 4K PNG back",
    "b-files": "14 x 7 MB by the Files API, 4K PNG back",
}


def main(argv: list[str]) -> int:
    """Print the table; 0 when every figure holds, 1 otherwise."""
    parser = argparse.ArgumentParser(prog="bench wire", description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--job", action="append", choices=[job.name for job in JOBS])
    options = parser.parse_args(argv)
    with tempfile.TemporaryDirectory(prefix="bench-wire-") as name:
        folder = Path(name)
        answer = write_answer(folder)
        small = write_references(folder, 1, 120_000)
        with server(answer) as address:
            held = [
                _row(job, address, folder, small, options.runs, answer)
                for job in JOBS
                if not options.job or job.name in options.job
            ]
    return 0 if all(held) else 1


def _row(job: Job, address: str, folder: Path, small: list[Path], runs: int, answer: Path) -> bool:
    paths = write_references(folder, job.count, job.size)
    outgoing = job.count * (job.size if job.mode == "files" else 4 * ((job.size + 2) // 3))
    incoming = 4 * ((answer.stat().st_size + 2) // 3)
    figures: dict[str, list[dict[str, float]]] = {"ours": [], "google-genai": [], "kernel": []}
    with _sink(outgoing, incoming) as where:
        for _run in range(runs):
            for who, results in figures.items():
                mode = f"{where},{outgoing},{incoming}" if who == "kernel" else job.mode
                results.append(_measured(who, address, folder, mode, [*small, *paths]))
    for path in paths:
        path.unlink()
    return _show(job, {who: _median(results) for who, results in figures.items()})


def _show(job: Job, median: dict[str, dict[str, float]]) -> bool:
    ours, sdk = median["ours"], median["google-genai"]
    cpu, memory = ours["cpu"] / sdk["cpu"], ours["peak"] / max(sdk["peak"], 1)
    held = cpu <= job.cpu and memory <= job.memory
    _say(f"wire {job.name}: {_TITLES[job.name]}")
    for who, figure in median.items():
        _say(
            f"  {who:13} CPU {figure['cpu'] * 1e3:7.0f} ms   peak above idle"
            f" {figure['peak'] / 1e6:7.1f} MB   wall {figure['wall']:6.2f} s"
        )
    _say(
        f"  ratio         CPU {cpu:7.2f} (to hold: {job.cpu})   memory {memory:.3f}"
        f" (to hold: {job.memory})   {'held' if held else 'NOT HELD'}"
    )
    return held


def _measured(who: str, address: str, folder: Path, mode: str, paths: list[Path]) -> dict[str, float]:
    command = [sys.executable, "-m", "devtools.bench.wire_worker", who, address, str(folder), mode]
    done = subprocess.run(
        [*command, *map(str, paths)],
        cwd=ROOT,
        env=variables(),
        capture_output=True,
        text=True,
        timeout=300,
    )
    if done.returncode:
        raise RuntimeError(f"{who} failed: {done.stderr[-2000:]}")
    figures: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return figures


def _median(results: list[dict[str, float]]) -> dict[str, float]:
    return {name: statistics.median(r[name] for r in results) for name in results[0]}


@contextmanager
def _sink(outgoing: int, incoming: int) -> Iterator[str]:
    """A server that takes so many bytes and gives so many, for the cost of the kernel alone."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=_serve, args=(listener, outgoing, incoming), daemon=True).start()
        host, port = listener.getsockname()[:2]
        yield f"{host},{port}"


def _serve(listener: socket.socket, outgoing: int, incoming: int) -> None:
    into, piece = bytearray(1 << 20), bytes(1 << 20)
    while True:
        try:
            line, _address = listener.accept()
        except OSError:
            return
        with line:
            left = outgoing
            while left > 0:
                left -= line.recv_into(into) or left
            for start in range(0, incoming, len(piece)):
                line.sendall(piece[: incoming - start])


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
