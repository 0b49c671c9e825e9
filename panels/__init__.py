# SPDX-License-Identifier: GPL-3.0-or-later
"""The panels. draw() only reads."""

from . import conversation, costs, details, history, main, output, references, results, texture

CLASSES = (
    *main.CLASSES,
    *texture.CLASSES,
    *references.CLASSES,
    *output.CLASSES,
    *results.CLASSES,
    *conversation.CLASSES,
    *history.CLASSES,
    *details.CLASSES,
    *costs.CLASSES,
)
