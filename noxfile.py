# SPDX-License-Identifier: GPL-3.0-or-later
"""The sessions behind dev.py. What they do stands in devtools/, one file per subject.

The sessions make their environments themselves (devtools/environments.py) instead of leaving it to
nox: a Blender environment is 900 MB, and run, script, demo and test share one per Blender instead
of holding a copy each.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

import nox

sys.path.insert(0, str(Path(__file__).resolve().parent))

from devtools import commands

nox.options.default_venv_backend = "none"
nox.needs_version = ">=2024.4.15"


def run_command(session: nox.Session, command: Callable[[list[str]], int]) -> None:
    status = command(list(session.posargs))
    if "DEV_STATUS" in os.environ:
        Path(os.environ["DEV_STATUS"]).write_text(str(status))
    if status:
        session.error(f"exit status {status}")


@nox.session
def demo(session: nox.Session) -> None:
    """The main job on an embedded default."""
    run_command(session, commands.demo)


@nox.session
def test(session: nox.Session) -> None:
    """Lint, types and every test."""
    run_command(session, commands.test)


@nox.session
def lint(session: nox.Session) -> None:
    """Lint, format and types."""
    run_command(session, commands.lint)


@nox.session(name="map")
def draw_map(session: nox.Session) -> None:
    """The picture of the architecture."""
    run_command(session, commands.draw_map)


@nox.session
def manual(session: nox.Session) -> None:
    """The manual's pages."""
    run_command(session, commands.manual)


@nox.session
def pictures(session: nox.Session) -> None:
    """The manual's pictures."""
    run_command(session, commands.pictures)


@nox.session
def build(session: nox.Session) -> None:
    """The zips and the static repository."""
    run_command(session, commands.build)


@nox.session
def release(session: nox.Session) -> None:
    """A version as it is published."""
    run_command(session, commands.release)


@nox.session
def run(session: nox.Session) -> None:
    """The add-on's command line."""
    run_command(session, commands.run)


@nox.session
def script(session: nox.Session) -> None:
    """A script with the extension enabled."""
    run_command(session, commands.script)


@nox.session
def ui(session: nox.Session) -> None:
    """The cases in a real window."""
    run_command(session, commands.ui)


@nox.session
def bench(session: nox.Session) -> None:
    """The benchmarks."""
    run_command(session, commands.bench)
