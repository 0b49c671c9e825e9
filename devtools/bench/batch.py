# SPDX-License-Identifier: GPL-3.0-or-later
"""What reading the result of a batch costs: 2 GB in 500 lines, beside `json.loads` of each line.

Each reader runs in a process of its own and leaves each image as a file. Linux only: the peak of
memory is the kernel's own record.

`python -m devtools.bench.batch ours|json FILE FOLDER` prints one JSON object: CPU seconds, bytes of
peak memory above idle, seconds of wall time.
"""

from __future__ import annotations

import argparse
import base64
import io
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from ..paths import ROOT
from .support.rows import Row, compare, limit
from .support.wire_material import variables

LINES = 500
#: Megabytes above idle that the whole file may take.
MOST_MEMORY = 50.0


def measure(argv: list[str]) -> list[Row]:
    """The rows: peak of memory above idle, CPU and wall time."""
    parser = argparse.ArgumentParser(prog="bench batch", description=__doc__)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--lines", type=int, default=LINES)
    options = parser.parse_args(argv)
    figures: dict[str, list[dict[str, float]]] = {"ours": [], "json": []}
    with tempfile.TemporaryDirectory(prefix="bench-batch-") as name:
        path = Path(name, "result.jsonl")
        size = write_result(path, options.lines)
        for _ in range(options.rounds):
            for client, results in figures.items():
                results.append(_run(client, path, Path(name, "images")))

    def collect(client: str, figure: str, scale: float = 1.0) -> list[float]:
        return [scale * result[figure] for result in figures[client]]

    title, beside = f"{size / 1e9:.1f} GB result", "json.loads per line"
    peak = collect("ours", "peak", 1e-6)
    return [
        limit(f"{title}: peak memory", "MB", peak, MOST_MEMORY),
        compare(f"{title}: peak memory", "MB", peak, collect("json", "peak", 1e-6), beside),
        compare(f"{title}: CPU", "s", collect("ours", "cpu"), collect("json", "cpu"), beside),
        compare(f"{title}: wall", "s", collect("ours", "wall"), collect("json", "wall"), beside),
    ]


def write_result(path: Path, lines: int) -> int:
    """A result of so many images of 3 MB; returns its bytes."""
    from PIL import Image

    picture = io.BytesIO()
    Image.frombytes("RGB", (1024, 1024), os.urandom(3 * 1024 * 1024)).save(picture, "PNG", compress_level=0)
    part = {"inlineData": {"mimeType": "image/png", "data": base64.b64encode(picture.getvalue()).decode()}}
    candidate = {"content": {"role": "model", "parts": [part]}, "finishReason": "STOP"}
    response = json.dumps({"candidates": [candidate]}).encode()
    with path.open("wb") as file:
        for number in range(lines):
            file.write(b'{"response":%s,"key":"%d"}\n' % (response, number))
    return path.stat().st_size


def _run(client: str, path: Path, folder: Path) -> dict[str, float]:
    command = [sys.executable, "-m", "devtools.bench.batch", client, str(path), str(folder)]
    done = subprocess.run(command, cwd=ROOT, env=variables(), capture_output=True, text=True, timeout=900)
    if done.returncode:
        raise RuntimeError(f"{client} failed: {done.stderr[-2000:]}")
    figures: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return figures


def make_ours() -> Callable[[Path, Path], int]:
    """The add-on's reader, as the worker process calls it."""
    from nano_banana_addon.core.request import GenerationRequest
    from nano_banana_addon.wire.client.batch_results import iter_lines, read_line

    request = GenerationRequest("a lake", image_size="1K", aspect_ratio="1:1", service_tier="batch")

    def read(path: Path, folder: Path) -> int:
        count = 0
        for line in iter_lines(path):
            answer = read_line(path, line, request, folder)
            assert answer.result
            count += 1
            for written in (answer.result.path, answer.turn):
                Path(written).unlink()
        return count

    return read


def make_json() -> Callable[[Path, Path], int]:
    """What a script does."""

    def read(path: Path, folder: Path) -> int:
        folder.mkdir(exist_ok=True)
        count = 0
        with path.open("rb") as lines:
            for line in lines:
                parts = json.loads(line)["response"]["candidates"][0]["content"]["parts"]
                image = folder / "image.png"
                image.write_bytes(base64.b64decode(parts[0]["inlineData"]["data"]))
                image.unlink()
                count += 1
        return count

    return read


def main(client: str, path: str, folder: str) -> None:
    """One reader, measured."""
    read = make_ours() if client == "ours" else make_json()
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # else the peak is that of the parent process
    idle, start, cpu = _read_peak(), time.perf_counter(), time.process_time()
    assert read(Path(path), Path(folder))
    wall = time.perf_counter() - start
    print(json.dumps({"peak": _read_peak() - idle, "cpu": time.process_time() - cpu, "wall": wall}))


def _read_peak() -> int:
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))


if __name__ == "__main__":
    main(*sys.argv[1:])
