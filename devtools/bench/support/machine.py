# SPDX-License-Identifier: GPL-3.0-or-later
"""What the machine is that a benchmark ran on, and how busy it was before. Runs in Blender."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from contextlib import suppress
from pathlib import Path


def main(argv: list[str]) -> int:
    """FILE: print the description and write it as the file's first line."""
    description = describe_machine()
    print("  ".join(f"{name}: {value}" for name, value in description.items()), flush=True)
    Path(argv[0]).write_text(json.dumps(description) + "\n", encoding="utf-8")
    return 0


def describe_machine() -> dict[str, object]:
    """Processor, cores, memory, versions, what draws, and the load average of the last minute.
    Nothing that names the machine or its user."""
    import bpy
    import psutil

    return {
        "cpu": read_processor_name(),
        "cores": os.cpu_count(),
        "usable_cores": _count_usable_cores(),
        "ram_gb": round(psutil.virtual_memory().total / 2**30, 1),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "blender": bpy.app.version_string,
        "renderer": _read_renderer(),
        "load_before": round(psutil.getloadavg()[0], 2),
    }


def read_processor_name() -> str:
    """The processor's model as the system has it; the architecture where it does not say."""
    with suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    if sys.platform == "darwin":
        command = ["sysctl", "-n", "machdep.cpu.brand_string"]
        return subprocess.run(command, capture_output=True, text=True).stdout.strip()
    return platform.processor() or platform.machine()


def _count_usable_cores() -> int | None:
    """Less than all in a container or under a scheduler's limit."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()


def _read_renderer() -> str:
    import gpu

    from nano_banana_addon.blender.host.gpu import initialise_gpu

    try:
        initialise_gpu()
        return str(gpu.platform.renderer_get())
    except Exception as error:  # noqa: BLE001 - whatever it is, the other benchmarks can run
        return f"none ({error})"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
