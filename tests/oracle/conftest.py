# SPDX-License-Identifier: GPL-3.0-or-later
"""The oracle runs in real Blender with the built extension, as tests/blender does."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator

import pytest

from tests.support import installed

if importlib.util.find_spec("bpy"):
    installed.ensure()
else:
    collect_ignore_glob = ["test_*.py"]


@pytest.fixture(autouse=True, scope="session")
def _leave_blender() -> Iterator[None]:
    yield
    installed.leave()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if "bpy" not in sys.modules:
        return
    from tests.oracle import table  # Blender: only where it is

    path = table.write()
    if path is not None:
        terminalreporter.section("oracle")
        terminalreporter.write_line("\n".join(table.lines()))
