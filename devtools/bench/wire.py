# SPDX-License-Identifier: GPL-3.0-or-later
"""What sending 14 references of 7 MB and receiving a 4K picture costs, beside Google's own SDK.

The server runs in a process of its own, each client in another, in turn, so that all see the same
machine; beside them a client that only moves as many bytes: what the kernel alone takes. Linux
only: the peak of memory is the kernel's own record.
"""

from __future__ import annotations

import argparse
import json
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ..paths import ROOT
from .support.rows import ROUNDS, Row, compare
from .support.wire_material import REFERENCE_BYTES, server, variables, write_answer, write_references

CLIENTS = ("ours", "google-genai", "kernel")


@dataclass(frozen=True, slots=True)
class Job:
    """What is sent, how, and the most that CPU and memory may be of google-genai's."""

    name: str
    title: str
    mode: str
    count: int
    size: int
    cpu: float
    memory: float | None = None


JOBS = (
    Job("a", "14 x 7 MB inline", "inline", 14, REFERENCE_BYTES, 0.3, 0.05),
    Job("b-inline", "18 MB inline", "inline", 2, 6_600_000, 0.5),
    Job("b-files", "14 x 7 MB by Files API", "files", 14, REFERENCE_BYTES, 0.8),
)


def measure(argv: list[str]) -> list[Row]:
    """The rows: CPU seconds, peak of memory above idle, and wall time of each job."""
    parser = argparse.ArgumentParser(prog="bench wire", description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--job", action="append", choices=[job.name for job in JOBS])
    options = parser.parse_args(argv)
    jobs = [job for job in JOBS if not options.job or job.name in options.job]
    with tempfile.TemporaryDirectory(prefix="bench-wire-") as name:
        folder = Path(name)
        answer = write_answer(folder)
        small = write_references(folder, 1, 120_000)
        with server(answer) as address:
            return [row for job in jobs for row in _measure_job(job, address, folder, small, options.rounds, answer)]


def _measure_job(job: Job, address: str, folder: Path, small: list[Path], rounds: int, answer: Path) -> list[Row]:
    paths = write_references(folder, job.count, job.size)
    outgoing = job.count * (job.size if job.mode == "files" else 4 * ((job.size + 2) // 3))
    incoming = 4 * ((answer.stat().st_size + 2) // 3)
    figures: dict[str, list[dict[str, float]]] = {client: [] for client in CLIENTS}
    with _open_sink(outgoing, incoming) as sink:
        for _ in range(rounds):
            for client, results in figures.items():
                mode = f"{sink},{outgoing},{incoming}" if client == "kernel" else job.mode
                results.append(_run_client(client, address, folder, mode, [*small, *paths]))
    for path in paths:
        path.unlink()
    return _make_rows(job, figures)


def _make_rows(job: Job, figures: dict[str, list[dict[str, float]]]) -> list[Row]:
    def collect(client: str, figure: str, scale: float = 1.0) -> list[float]:
        return [scale * result[figure] for result in figures[client]]

    sdk, kernel = "google-genai", "the kernel's own copy"
    cpu, peak = collect("ours", "cpu", 1e3), collect("ours", "peak", 1e-6)
    # What the kernel takes falls on both: without it the programs are compared, on any machine.
    bare = [a - b for a, b in zip(cpu, collect("kernel", "cpu", 1e3), strict=True)]
    sdk_cpu = collect(sdk, "cpu", 1e3)
    bare_sdk = [a - b for a, b in zip(sdk_cpu, collect("kernel", "cpu", 1e3), strict=True)]
    return [
        compare(f"{job.title}: CPU", "ms", cpu, sdk_cpu, sdk, job.cpu),
        compare(f"{job.title}: CPU", "ms", cpu, collect("kernel", "cpu", 1e3), kernel),
        compare(f"{job.title}: CPU without the kernel's", "ms", bare, bare_sdk, sdk),
        compare(f"{job.title}: peak memory", "MB", peak, collect(sdk, "peak", 1e-6), sdk, job.memory),
        compare(f"{job.title}: wall", "s", collect("ours", "wall"), collect(sdk, "wall"), sdk),
    ]


def _run_client(client: str, address: str, folder: Path, mode: str, paths: list[Path]) -> dict[str, float]:
    command = [
        sys.executable,
        "-m",
        "devtools.bench.support.wire_worker",
        client,
        address,
        str(folder),
        mode,
    ]
    done = subprocess.run(
        [*command, *map(str, paths)],
        cwd=ROOT,
        env=variables(),
        capture_output=True,
        text=True,
        timeout=300,
    )
    if done.returncode:
        raise RuntimeError(f"{client} failed: {done.stderr[-2000:]}")
    figures: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return figures


@contextmanager
def _open_sink(outgoing: int, incoming: int) -> Iterator[str]:
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
