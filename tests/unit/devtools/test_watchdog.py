# SPDX-License-Identifier: GPL-3.0-or-later
"""A part that hangs is ended and named, one that crashes too, and the other parts still run."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
import threading
import time
from contextlib import suppress
from pathlib import Path

import pytest

from devtools.suite import parts
from devtools.suite.watchdog import Watched, run_watched
from tests.support.source import ROOT

SILENCE = 6.0  # seconds; on a busy machine pytest alone takes two to start


@pytest.fixture(autouse=True)
def reports(tmp_path, monkeypatch):
    """Reports of these runs apart from those of the run that they are part of."""
    folder = tmp_path / "reports"
    monkeypatch.setattr(parts, "REPORTS", folder)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    return folder


def make_part(folder: Path, name: str, code: str, *options: str) -> parts.Part:
    """A part that runs a real pytest on one file in a folder of its own."""
    place = folder / name
    place.mkdir()
    (place / "test_it.py").write_text(textwrap.dedent(code), encoding="utf-8")
    plugin = ["-p", "devtools.suite.progress_plugin", "-p", "no:cacheprovider"]
    return parts.Part(name, [sys.executable, "-m", "pytest", "-q", *plugin, *options], place)


def make_options(silence: float = SILENCE) -> parts.Options:
    return parts.Options(silence=silence / 60)


def make_job(folder: Path, code: str, silence: float = SILENCE) -> Watched:
    command = [sys.executable, "-c", textwrap.dedent(code)]
    return Watched(command, folder, dict(os.environ), folder / "output.txt", silence=silence)


HANGING = """
    import time, pytest
    def test_good(): pass
    def test_bad(): assert False
    @pytest.mark.skip(reason="not here")
    def test_left_out(): pass
    def test_that_hangs(): time.sleep(600)
    def test_never_reached(): pass
"""


def test_a_hung_test_is_named_the_others_count_and_the_next_part_runs(tmp_path, capsys):
    hanging = make_part(tmp_path, "hanging", HANGING, "-o", "faulthandler_timeout=1")
    following = make_part(tmp_path, "following", "def test_fine(): pass")
    options = parts.Options(serial=True, silence=SILENCE / 60)
    hung, fine = parts.run_parts([hanging, following], options)
    assert (hung.passed, hung.failed, hung.skipped) == (1, 2, 1)
    assert any("hung" in note and "test_it.py::test_that_hangs" in note for note in hung.notes)
    assert (fine.passed, fine.failed) == (1, 0)
    text = capsys.readouterr().out
    assert "line 7 in test_that_hangs" in text, "where it hung: pytest's own traceback"


def test_a_part_may_take_longer_than_the_silence_in_all(tmp_path):
    code = """
        import time, pytest
        @pytest.mark.parametrize("number", range(10))
        def test_slow(number): time.sleep(0.7)
    """
    outcome = parts.run_part(make_part(tmp_path, "slow", code), make_options())
    assert (outcome.passed, outcome.failed) == (10, 0)
    assert outcome.seconds > SILENCE


def test_a_crash_names_the_test_and_counts_the_others(tmp_path):
    code = """
        import os, signal
        def test_good(): pass
        def test_that_crashes(): os.kill(os.getpid(), signal.SIGKILL)
    """
    outcome = parts.run_part(make_part(tmp_path, "crash", code), make_options(60))
    assert (outcome.passed, outcome.failed) == (1, 1)
    assert "test_it.py::test_that_crashes" in outcome.notes[0]


def test_a_module_that_cannot_be_read_is_a_failure(tmp_path):
    outcome = parts.run_part(make_part(tmp_path, "broken", "import nothing_of_that_name"), make_options(60))
    assert (outcome.passed, outcome.failed) == (0, 1)
    assert "nothing_of_that_name" in outcome.output


def test_errors_around_a_test_count_as_its_failure(tmp_path):
    code = """
        import pytest
        @pytest.fixture
        def careless():
            yield
            assert False
        def test_whose_end_fails(careless): pass
        @pytest.mark.xfail
        def test_expected(): assert False
    """
    outcome = parts.run_part(make_part(tmp_path, "around", code), make_options(60))
    assert (outcome.passed, outcome.failed, outcome.skipped) == (0, 1, 1)


def test_what_a_hung_process_started_ends_with_it(tmp_path):
    code = """
        import subprocess, sys, time
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
        print(child.pid, flush=True)
        time.sleep(600)
    """
    job = make_job(tmp_path, code)
    assert run_watched(job).is_silent
    child = int(job.output.read_text())
    deadline = time.monotonic() + 20
    with suppress(ProcessLookupError):
        while time.monotonic() < deadline and not is_dead(child):
            time.sleep(0.05)
    assert is_dead(child)


def is_dead(pid: int) -> bool:
    done = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True)
    return done.stdout.strip()[:1] in {"", "Z"}


def test_a_process_may_be_stopped_from_outside(tmp_path):
    stop = threading.Event()
    threading.Timer(1.0, stop.set).start()
    ending = run_watched(make_job(tmp_path, "import time; time.sleep(600)", silence=600), stop)
    assert not ending.is_silent
    assert ending.status != 0
    assert ending.seconds < 60


def test_a_file_that_grows_is_a_sign_of_life(tmp_path):
    code = """
        import time
        for _ in range(10):
            with open("signs", "a") as stream: stream.write(".")
            time.sleep(0.7)
    """
    job = make_job(tmp_path, code)
    watched = Watched(job.command, tmp_path, job.variables, job.output, [tmp_path / "signs"], SILENCE)
    ending = run_watched(watched)
    assert (ending.status, ending.is_silent) == (0, False)
