# SPDX-License-Identifier: GPL-3.0-or-later
"""The benchmarks, each beside what a user would use instead, in the same run.

A benchmark is a module with `measure(argv) -> list[Row]`; runner.py prints and writes the rows.
"""

BENCHES = (
    "bake",
    "batch",
    "board",
    "composite",
    "deliver",
    "edit",
    "enable",
    "history",
    "material",
    "panels",
    "shots",
    "stall",
    "wire",
)
