# SPDX-License-Identifier: GPL-3.0-or-later
"""What enabling the add-on costs: import and register, in a fresh process each time, and what it must not import."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from pathlib import Path

from devtools.identity import EXTENSION

HOLD_MS = 50
OTHERS_MS = (55, 160)  # peers' add-ons, measured elsewhere on such a machine
RUNS = 9
_HEAVY = ("httpx", "PIL", "numpy")
# Blender's own start imports numpy in some versions: only what comes with enabling counts.
_PROGRAM = f"""
import importlib, json, sys, time
import bpy, addon_utils
addon_utils.extensions_refresh(ensure_wheels=False)
before = set(sys.modules)
start = time.perf_counter()
module = importlib.import_module({EXTENSION!r})
module.register()
spent = time.perf_counter() - start
heavy = [n for n in {_HEAVY!r} if n in sys.modules and n not in before]
enabled = hasattr(bpy.types.Scene, "nano_banana")
module.unregister()
print("RESULT " + json.dumps([spent, heavy, enabled]))
"""


def main(argv: list[str]) -> int:
    """Print the row; 1 if it is not held."""
    _once()  # the first start compiles the modules, as after each installation
    found = [_once() for _ in range(RUNS)]
    median = statistics.median(spent for spent, _, _ in found) * 1000
    worst = max(spent for spent, _, _ in found) * 1000
    heavy = sorted({name for _, names, _ in found for name in names})
    held = median <= HOLD_MS and not heavy and all(ok for _, _, ok in found)
    print(
        f"enabling: median {median:.1f} ms, worst {worst:.1f} ms of {RUNS} fresh processes"
        f" (hold {HOLD_MS} ms; peers {OTHERS_MS[0]}-{OTHERS_MS[1]} ms: ratio"
        f" {median / OTHERS_MS[0]:.2f}-{median / OTHERS_MS[1]:.2f})"
    )
    print(f"imported with it of {', '.join(_HEAVY)}: {', '.join(heavy) or 'none'}")
    print("held" if held else "NOT HELD")
    return 0 if held else 1


def _once() -> tuple[float, list[str], bool]:
    variables = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM],
        capture_output=True,
        text=True,
        timeout=120,
        env=variables,
        cwd=Path(__file__).resolve().parents[2],
    )
    line = next((x for x in done.stdout.splitlines() if x.startswith("RESULT ")), "")
    if not line:
        raise RuntimeError(f"enabling failed:\n{done.stdout}{done.stderr}")
    spent, heavy, enabled = json.loads(line.removeprefix("RESULT "))
    return spent, heavy, enabled


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
