# SPDX-License-Identifier: GPL-3.0-or-later
"""The panels. draw() only reads."""

from . import conversation, costs, details, history, main, output, references, results, texture

#: In the order in which their classes are registered, and drawn.
MODULES = (main, texture, references, output, results, conversation, history, details, costs)
