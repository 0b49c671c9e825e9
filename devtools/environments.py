# SPDX-License-Identifier: GPL-3.0-or-later
"""Environments pinned by hash, one folder under .envs per requirements file."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

from filelock import FileLock

from devtools.paths import ENVIRONMENTS, REQUIREMENTS
from devtools.pythons import BLENDERS, find_python

# uv does not read pip's settings: whoever points pip at another index means both.
_PIP_SETTINGS_FOR_UV = {
    "PIP_INDEX_URL": "UV_DEFAULT_INDEX",
    "PIP_EXTRA_INDEX_URL": "UV_INDEX",
    "PIP_FIND_LINKS": "UV_FIND_LINKS",
    "PIP_CERT": "SSL_CERT_FILE",
}


def ensure_environment(name: str) -> Path:
    """The Python of the environment that requirements/<name>.txt describes, made or renewed where
    needed.

    A name that ends in a Blender's version gets the Python of that Blender, any other the Python at
    hand. Raises PythonMissing, or CalledProcessError when the installation fails.
    """
    pins = REQUIREMENTS / f"{name}.txt"
    version = BLENDERS.get(name.rpartition("-")[2])
    base = find_python(version) if version else Path(getattr(sys, "_base_executable", sys.executable))
    folder = ENVIRONMENTS / name
    stamp_text = f"{base}\n{hashlib.sha256(pins.read_bytes()).hexdigest()}\n"
    ENVIRONMENTS.mkdir(exist_ok=True)
    with FileLock(f"{folder}.lock"):
        stamp = folder / "stamp.txt"
        if not stamp.is_file() or stamp.read_text() != stamp_text:
            print(f"dev.py: setting up the environment {name} (once)", file=sys.stderr, flush=True)
            _make(folder, base, pins)
            stamp.write_text(stamp_text)
    return locate_python(folder)


def locate_python(folder: Path) -> Path:
    """The interpreter inside a virtual environment."""
    return folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def find_uv() -> str:
    """The path of the pinned uv."""
    import uv

    return os.fspath(uv.find_uv_bin())


def _make(folder: Path, base: Path, pins: Path) -> None:
    settings = dict(os.environ)
    for pip_name, uv_name in _PIP_SETTINGS_FOR_UV.items():
        if pip_name in settings:
            settings.setdefault(uv_name, settings[pip_name])
    settings.pop("VIRTUAL_ENV", None)
    how = {"env": settings, "check": True, "stdout": sys.stderr.fileno()}
    subprocess.run([find_uv(), "venv", "-q", "--clear", "--python", str(base), str(folder)], **how)
    install = [find_uv(), "pip", "install", "-q", "--no-build", "--require-hashes", "-r", str(pins)]
    subprocess.run([*install, "--python", str(locate_python(folder))], **how)
