# SPDX-License-Identifier: GPL-3.0-or-later
"""The wheels that ship, downloaded once by their hashes for every platform and Python that Blender
has there."""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from packaging.requirements import Requirement

from devtools.paths import BUILD, REQUIREMENTS, ROOT

# Blender 4.5 has Python 3.11, 5.2 has 3.13; distributions build theirs with what they have (Debian:
# 3.14). Blender 5 no longer exists for Intel Macs. The second value is the oldest system that the
# platform's Blender runs on.
TARGETS: dict[str, tuple[tuple[str, ...], str]] = {
    "linux-x64": (("3.11", "3.13", "3.14"), "manylinux_2_28_x86_64"),
    "macos-arm64": (("3.11", "3.13"), "macosx_11_0_arm64"),
    "macos-x64": (("3.11",), "macosx_10_15_x86_64"),
    "windows-arm64": (("3.11", "3.13"), "win_arm64"),
    "windows-x64": (("3.11", "3.13"), "win_amd64"),
}
PINS = REQUIREMENTS / "wheels.txt"
_SYSTEMS = {"Linux": "linux", "Darwin": "macos", "Windows": "windows"}
_MACHINES = {"x86_64": "x64", "amd64": "x64", "arm64": "arm64", "aarch64": "arm64"}


def current_platform() -> str:
    """The machine at hand in Blender's words, such as "linux-x64"."""
    return f"{_SYSTEMS[platform.system()]}-{_MACHINES[platform.machine().lower()]}"


def fetch_wheels(target: str) -> list[Path]:
    """The wheels of one platform, from the cache where they are complete. Raises CalledProcessError
    offline."""
    folder = BUILD / "wheels" / _hash_target(target) / target
    if not folder.is_dir():
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent) as started:
            for python in TARGETS[target][0]:
                _download(Path(started), python, TARGETS[target][1])
            _move_into_place(Path(started), folder)
    return sorted(folder.glob("*.whl"))


def _download(folder: Path, python: str, system: str) -> None:
    tags = ["--python-version", python, "--implementation", "cp", "--platform", system]
    tags += ["--abi", f"cp{python.replace('.', '')}", "--abi", "abi3", "--abi", "none"]
    with tempfile.TemporaryDirectory() as own:
        pins = Path(own) / "pins.txt"
        pins.write_text(select_pins(PINS.read_text(), system, python))
        exactly = ["--only-binary", ":all:", "--no-deps", "--require-hashes", "-r", str(pins)]
        command = [*_pip_command(), "download", "--quiet", "--dest", str(folder), *tags, *exactly]
        # Standard output may belong to a command that prints JSON for another program.
        subprocess.run(command, check=True, stdout=sys.stderr.fileno())


def select_pins(text: str, system: str, python: str) -> str:
    """The pins that hold for a system (a tag of wheels) and a Python, without their conditions.

    pip would ask them of the machine at hand, so that a zip for Windows that is built on Linux would lack what only
    Windows needs.
    """
    platforms = {"macosx": "darwin", "win": "win32"}
    platform_name = next((name for start, name in platforms.items() if system.startswith(start)), "linux")
    asked = {"sys_platform": platform_name, "python_version": python, "python_full_version": f"{python}.0"}
    kept: list[str] = []
    for entry in text.replace("\\\n", " ").splitlines():
        wanted, *hashes = entry.split("--hash=")
        pin = Requirement(wanted)
        if pin.marker is None or pin.marker.evaluate(asked):
            pin.marker = None
            kept.append(" ".join([str(pin), *(f"--hash={value.strip()}" for value in hashes)]))
    return "\n".join(kept) + "\n"


def _pip_command() -> list[str]:
    """The pinned pip of .venv: a Blender environment has none."""
    own = ROOT / ".venv" / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    return [
        str(own if own.exists() else sys.executable),
        "-m",
        "pip",
        "--disable-pip-version-check",
    ]


def _move_into_place(started: Path, folder: Path) -> None:
    """Two builds may download at once; whichever is complete first stays."""
    try:
        shutil.copytree(started, started.with_suffix(".whole"))
        started.with_suffix(".whole").rename(folder)
    except OSError:
        if not folder.is_dir():
            raise
        shutil.rmtree(started.with_suffix(".whole"), ignore_errors=True)


def _hash_target(target: str) -> str:
    return hashlib.sha256(PINS.read_bytes() + repr(TARGETS[target]).encode()).hexdigest()[:16]
