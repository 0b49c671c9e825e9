# SPDX-License-Identifier: GPL-3.0-or-later
"""The programs of render farms' schedulers, in an environment of their own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from devtools.paths import ENVIRONMENTS

#: How a job folder is generated without Blender.
PROGRAM = [sys.executable, "-m", "nano_banana_addon.cli"]
PYTHON = ENVIRONMENTS / "farm" / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
needs_tools = pytest.mark.skipif(not PYTHON.is_file(), reason="no environment `farm`: dev.py makes it")


def start(tool: str, *words: str, **variables: str) -> subprocess.Popen[str]:
    """One of the environment's programs."""
    command = [str(PYTHON.with_name(tool)), *words]
    environment = (
        os.environ | {"HOME": variables.pop("home", "/nowhere"), "DEADLINE_CLOUD_TELEMETRY_OPT_OUT": "true"} | variables
    )
    return subprocess.Popen(
        command, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True
    )


def run(tool: str, *words: str, **variables: str) -> str:
    """What a program says; fails where it does."""
    process = start(tool, *words, **variables)
    said, _ = process.communicate(timeout=120)
    assert process.returncode == 0, said
    return said


def write_blender(folder: Path) -> Path:
    """A command in a folder that takes what the template gives to Blender, and needs none."""
    script = folder / "blender"
    program = " ".join(map(json.dumps, PROGRAM))
    script.write_text(f'#!/bin/sh\nshift 4\nexec {program} "$@"\n')
    script.chmod(0o700)
    return script


def run_chunk(folder: Path, items: str, blender: Path, environment: dict[str, str]) -> subprocess.Popen[str]:
    """One task of the template, as a worker of Open Job Description runs it."""
    tasks = json.dumps([{"Item": items}])
    words = [
        "run",
        str(folder / "template.json"),
        "--step",
        "Generate",
        "--tasks",
        tasks,
        "-p",
        f"Blender={blender}",
    ]
    return start("openjd", *words, **environment)
