# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of line coverage and its limit."""

from __future__ import annotations

import pytest

from devtools.suite import line_coverage


def make_measurement(**files: tuple[int, int]) -> dict:
    """What `coverage json` writes, of files (lines, covered) by layer."""
    return {
        "files": {
            f"nano_banana_addon/{layer}/part.py": {"summary": {"num_statements": total, "covered_lines": covered}}
            for layer, (total, covered) in files.items()
        }
    }


@pytest.mark.parametrize(("covered", "is_enough"), [(950, True), (949, False)])
def test_the_layers_are_counted_together(covered, is_enough):
    measured = make_measurement(core=(500, 500), worker=(500, covered - 500))
    assert line_coverage.summarise(measured)[1] is is_enough


def test_the_simulator_is_shown_and_not_counted():
    text, is_enough = line_coverage.summarise(make_measurement(core=(100, 100), simulator=(900, 0)))
    assert is_enough
    (row,) = [line for line in text.splitlines() if line.startswith("simulator")]
    assert "0.00 %" in row
    assert "not counted" in row


def test_the_file_with_most_missed_lines_stands_first():
    text, _ = line_coverage.summarise(make_measurement(core=(1000, 900), wire=(10, 0), storage=(50, 50)))
    worst = text.split("did not run:\n")[1].splitlines()
    assert worst[0].startswith("nano_banana_addon/core/part.py")
    assert worst[1].startswith("nano_banana_addon/wire/part.py")
