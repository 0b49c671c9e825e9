# SPDX-License-Identifier: GPL-3.0-or-later
"""A pytest plugin that names the test that runs to coverage.py, so that each measured line knows its tests.

`python -m pytest -p devtools.mutants.contexts`, measured from the start of the process (COVERAGE_PROCESS_START).
Processes that a test starts name it by themselves: pytest puts it into PYTEST_CURRENT_TEST.
"""

from __future__ import annotations

from collections.abc import Generator

import coverage
import pytest


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    measuring = coverage.Coverage.current()
    if measuring is not None:
        measuring.switch_context(item.nodeid)
    try:
        return (yield)
    finally:
        if measuring is not None:
            measuring.switch_context("")
