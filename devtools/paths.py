# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the tools read and write. Everything they make is ignored by git."""

from __future__ import annotations

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
REQUIREMENTS = ROOT / "requirements"
ENVIRONMENTS = ROOT / ".envs"
BUILD = ROOT / ".build"
REPORTS = BUILD / "reports"
BYTECODE = BUILD / "bytecode"  # of a test run
PROFILES = ROOT / ".profile"
DIST = ROOT / "dist"


def caller_folder() -> Path:
    """The folder that the command was typed in: relative paths in arguments are meant from
    there."""
    return Path(os.environ.get("DEV_CWD") or Path.cwd())
