# SPDX-License-Identifier: GPL-3.0-or-later
"""What a material's report says of its seam agrees with its figures, also of records that lack some."""

from __future__ import annotations

import pytest

from nano_banana_addon.core import serial
from nano_banana_addon.core.material.values import MaterialReport
from nano_banana_addon.core.material_settings import describe

RECORD = {"step": 0.9, "novelty": 1.0, "novelty_90": 1.0, "detail": 1.0, "repair": "cut"}


@pytest.mark.parametrize(
    ("changed", "shows"),
    [
        ({}, False),
        ({"step": 1.4}, True),
        ({"novelty": 1.2}, True),
        ({"novelty_90": 1.16}, True),
        ({"novelty_90": 1.14}, False),
        ({"excess": 0.99}, False),
        ({"excess": 1.3}, True),  # what is repaired inside is in none of the figures
    ],
)
def test_a_report_says_that_a_seam_shows_if_a_figure_does(changed, shows):
    report = serial.from_plain(MaterialReport, RECORD | changed)
    assert describe(report)[0].partition(". ")[2].startswith("A seam may show" if shows else "No seam shows")
    assert (report.worst > 1) == shows
