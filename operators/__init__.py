# SPDX-License-Identifier: GPL-3.0-or-later
"""The operators: thin. Each gathers values, calls one function, and reports."""

from . import apply, connection, jobs, preview, references, restyle, storyboard

CLASSES = (
    *restyle.CLASSES,
    *storyboard.CLASSES,
    *jobs.CLASSES,
    *apply.CLASSES,
    *references.CLASSES,
    *preview.CLASSES,
    *connection.CLASSES,
)
