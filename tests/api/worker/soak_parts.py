# SPDX-License-Identifier: GPL-3.0-or-later
"""The processes of the soak test: a server that keeps accounts, and one that stands for Blender."""

from __future__ import annotations

import json
import random
import sys
from pathlib import Path

from devtools.simulator import solid
from devtools.simulator.server import Simulator
from nano_banana_addon.core import cost
from nano_banana_addon.core.request import GenerationRequest
from nano_banana_addon.storage.recovery import recover
from nano_banana_addon.storage.store import Store
from nano_banana_addon.wire.providers import resolve_endpoint
from nano_banana_addon.worker.client import WorkerClient

ROOT = Path(__file__).resolve().parents[3]


def serve() -> None:
    """Prints its address; tells its accounts when its standard input closes."""
    with Simulator(solid.paint, keys=frozenset({"test-key"})) as simulator:
        sys.stdout.write(simulator.base_url + "\n")
        sys.stdout.flush()
        sys.stdin.read()
        asked = [{"prompt": r.prompt, "status": r.status, "answered_at": r.answered_at} for r in simulator.requests]
        billed = [
            {
                "image": b.image_tokens,
                "prompt": b.prompt_tokens,
                "text": b.text_tokens,
            }
            for b in simulator.billed
        ]
        sys.stdout.write(json.dumps({"asked": asked, "billed": billed}) + "\n")


def ask(home: Path, url: str, name: str, count: int) -> None:
    """Recover, ask for pictures that take a random time to paint and to arrive, wait, end."""
    dice = random.Random(name)
    store = Store(home)
    recover(store)
    link = WorkerClient(home, package_root=ROOT, paths=sys.path, limit=3)
    ids: list[str] = []
    for number in range(count):
        case = f"silence+trickle seconds={dice.uniform(0, 0.5):.2f} piece=2048 pause=0.01"
        prompt = f"{name}/{number} [[sim:{case}]]"
        request = GenerationRequest(prompt, image_size="1K", aspect_ratio="1:1")
        ids.append(store.add(request, estimate=cost.estimate(request)))
        link.submit(ids[-1], key="test-key", endpoint=resolve_endpoint("google", url))
    link.wait(ids, timeout=120)
    link.close()
    store.close()


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        serve()
    else:
        ask(Path(sys.argv[2]), sys.argv[3], sys.argv[4], int(sys.argv[5]))
