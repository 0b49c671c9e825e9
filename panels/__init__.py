# SPDX-License-Identifier: GPL-3.0-or-later
"""The panels. draw() only reads."""

from . import conversation, details, history, main, money, output, references, results, texturing

CLASSES = (
    *main.CLASSES,
    *texturing.CLASSES,
    *references.CLASSES,
    *output.CLASSES,
    *results.CLASSES,
    *conversation.CLASSES,
    *history.CLASSES,
    *details.CLASSES,
    *money.CLASSES,
)
