# SPDX-License-Identifier: GPL-3.0-or-later
"""How long a storyboard of 200 shots takes that all wait for the first, beside what the service's own time allows.

The service answers after 3 s, 8 requests at once. Linux only: the peak of memory is the kernel's own record.

The stalls stand beside two idle times: of a quiet machine, and of this process while another one does all of it. With
two processors the service and the worker hold up a thread that does nothing; the second row leaves them out.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Callable
from math import ceil
from pathlib import Path
from typing import Any

from ..paths import ROOT
from .stall import LONGEST_HOLD, MOST_HOLD, Stall, measure_gaps, start_nothing, watch_news
from .support.rows import Row, compare
from .support.wire_material import KEY, server, variables

SHOTS, FEW, LATENCY, AT_ONCE = 200, 25, 3.0, 8
LOADED = "idle, while another process does the same"


def measure(argv: list[str]) -> list[Row]:
    """The rows: wall time, the worker's peak of memory beside that of a short storyboard, and the stalls of Blender's
    main thread beside those of an idle time of the same length, and of one beside the same load."""
    parser = argparse.ArgumentParser(prog="bench shots", description=__doc__)
    parser.add_argument("--shots", type=int, default=SHOTS)
    count = parser.parse_args(argv).shots
    with tempfile.TemporaryDirectory(prefix="bench-shots-") as name:
        answer = _write_answer(Path(name))
        with server(answer, "--delay", str(LATENCY)) as address:
            _, few = _generate(Path(name, "few"), address, FEW)
            stall, peak = _generate(Path(name, "all"), address, count)
            loaded = measure_gaps(lambda: _start_elsewhere(Path(name, "elsewhere"), address, count))
    idle = measure_gaps(start_nothing, stall.seconds)
    ideal = LATENCY + ceil((count - 1) / AT_ONCE) * LATENCY
    own = f"own work at most {stall.own:.1f} ms, idle {idle.own:.1f} ms"
    title = f"{count} shots and an anchor, {LATENCY:g} s, {AT_ONCE} at once"
    return [
        compare(f"{title}: wall", "s", [stall.press / 1e3 + stall.seconds], [ideal], "the service's time", 1.1),
        compare(f"{title}: worker's memory", "MB", [peak], [few], f"{FEW} shots", 1.1),
        compare(f"{title}: 99.9 %", "ms", [stall.most], [idle.most], "idle", MOST_HOLD, is_absolute=True),
        compare(f"{title}: longest", "ms", [stall.longest], [idle.longest], "idle", LONGEST_HOLD, note=own),
        compare(f"{title}: 99.9 %", "ms", [stall.most], [loaded.most], LOADED),
        compare(f"{title}: longest", "ms", [stall.longest], [loaded.longest], LOADED, LONGEST_HOLD),
    ]


def _start_elsewhere(home: Path, address: str, count: int) -> Callable[[], bool]:
    """Let another process do the same, beside which this one is idle. Raises `RuntimeError` if it fails."""
    command = [sys.executable, "-m", __name__, str(home), address, str(count)]
    child = subprocess.Popen(command, cwd=ROOT, env=variables())

    def ended() -> bool:
        if child.poll():
            raise RuntimeError(f"the load ended with status {child.returncode}")
        return child.returncode is not None

    return ended


def _write_answer(folder: Path) -> Path:
    from PIL import Image

    path = folder / "answer.png"
    Image.effect_noise((1024, 576), 60).convert("RGB").save(path)
    return path


def _generate(home: Path, address: str, count: int) -> tuple[Stall, float]:
    """Generate so many shots; the stalls, and megabytes of the worker's peak."""
    from nano_banana_addon.storage.database.budget import Pacing
    from nano_banana_addon.storage.store import Store
    from nano_banana_addon.wire.providers import resolve_endpoint
    from nano_banana_addon.worker.client import WorkerClient

    store = Store(home)
    store.set_pacing(Pacing(limit_usd=0.0))
    link = WorkerClient(home, package_root=ROOT, paths=sys.path, limit=AT_ONCE, idle=20.0)
    try:
        ids, _ = store.add_group([(request, 0.14) for request in _make_requests(home, count)], batch="board")
        endpoint = resolve_endpoint("google", address)

        def start() -> Callable[[], bool]:
            for id in ids:
                link.submit(id, key=KEY, endpoint=endpoint)
            return watch_news(store, ids)

        return measure_gaps(start), _read_peak(link)
    finally:
        link.close(wait=30.0)
        store.close()


def _make_requests(home: Path, count: int) -> list[Any]:
    from PIL import Image

    from nano_banana_addon.core.constants import ReferenceRole
    from nano_banana_addon.core.request import GenerationRequest, Need, Reference

    folder = home.with_name(f"{home.name} frames")
    folder.mkdir()
    requests: list[GenerationRequest] = []
    for number in range(count):
        path = folder / f"{number}.png"
        Image.effect_noise((512, 288), 60).convert("RGB").save(path)
        references = (Reference(ReferenceRole.STRUCTURE, str(path), label="frame"),)
        needs = (Need("@0", ReferenceRole.PREVIOUS, "the first shot"),) if number else ()
        prompt = f"shot {number}"
        requests.append(
            GenerationRequest(prompt, image_size="1K", aspect_ratio="16:9", references=references, needs=needs)
        )
    return requests


def _read_peak(link: Any) -> float:
    status = Path(f"/proc/{link.process_id}/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM")) / 1024


if __name__ == "__main__":
    _generate(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
