# SPDX-License-Identifier: GPL-3.0-or-later
"""A test that hangs is named and ended; a slow run is left alone."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from devtools.supervised import HUNG_STATUS, run_supervised
from tests.support.source import ROOT

TESTS = """
import time
def test_quick(): pass
def test_hangs(): time.sleep(600)
def test_never_reached(): pass
"""


PARENT = """
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
open("child", "w").write(str(child.pid))
time.sleep(600)
"""


@pytest.fixture
def suite(tmp_path: Path) -> Path:
    """A folder with tests and this project's way of saying which one has begun."""
    shutil.copy(ROOT / "tests" / "conftest.py", tmp_path / "conftest.py")
    (tmp_path / "test_some.py").write_text(TESTS)
    return tmp_path


def run_suite(suite: Path, *arguments: str, silence_limit: float):
    variables = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_some.py", *arguments]
    return run_supervised(command, suite, variables, silence_limit=silence_limit)


def test_a_test_that_hangs_is_named_and_ended(suite):
    ending = run_suite(suite, silence_limit=8.0)
    assert ending.status == HUNG_STATUS
    assert ending.hung_in == "test_some.py::test_hangs"
    assert "hung in test_some.py::test_hangs" in ending.output


def test_a_run_longer_than_the_limit_is_left_alone_while_tests_go_on(suite):
    (suite / "test_some.py").write_text(
        "import pytest, time\n@pytest.mark.parametrize('n', range(6))\ndef test_slow(n): time.sleep(1.5)\n"
    )
    ending = run_suite(suite, silence_limit=7.0)
    assert (ending.status, ending.hung_in) == (0, "")
    assert "6 passed" in ending.output


def test_what_a_hanging_process_started_is_ended_too(tmp_path):
    (tmp_path / "parent.py").write_text(PARENT)
    run_supervised([sys.executable, "parent.py"], tmp_path, os.environ, silence_limit=3.0)
    child = int((tmp_path / "child").read_text())
    for _ in range(50):
        if subprocess.run(["ps", "-o", "stat=", "-p", str(child)], capture_output=True, text=True).stdout.strip()[
            :1
        ] in ("", "Z"):
            return
        time.sleep(0.1)
    pytest.fail("the child still runs")
