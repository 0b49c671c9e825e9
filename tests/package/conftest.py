# SPDX-License-Identifier: GPL-3.0-or-later
"""The zips of all platforms, and processes in which one of them is installed as a user does it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from devtools.build import build, build_here
from devtools.wheels import TARGETS

LIFE = Path(__file__).with_name("life.py")


@pytest.fixture(scope="session")
def zips() -> dict[str, Path]:
    """The zip of each platform, by Blender's name for it ("linux-x64")."""
    found = build(Path(sys.executable), list(TARGETS))
    return {path.stem.rpartition("-")[2].replace("_", "-"): path for path in found}


@pytest.fixture
def live(tmp_path: Path) -> Callable[..., dict]:
    """Go through stages of the extension's life in a fresh Blender process; what it noted down."""

    def run(*stages: str) -> dict:
        notes = tmp_path / "notes.json"
        own = {"BLENDER_USER_RESOURCES": tmp_path / "user", "NANO_BANANA_HOME": tmp_path / "store"}
        (tmp_path / "user").mkdir(exist_ok=True)
        command = [sys.executable, "-P", LIFE, notes, build_here(Path(sys.executable)), *stages]
        done = subprocess.run(
            [str(part) for part in command],
            env=os.environ | {key: str(value) for key, value in own.items()},
            capture_output=True,
            text=True,
            timeout=200,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return json.loads(notes.read_text()) | {"output": done.stdout + done.stderr}

    return run
