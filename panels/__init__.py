# SPDX-License-Identifier: GPL-3.0-or-later
"""The panels. draw() only reads."""

from . import main, output, references, results

CLASSES = (*main.CLASSES, *references.CLASSES, *output.CLASSES, *results.CLASSES)
