# SPDX-License-Identifier: GPL-3.0-or-later
"""Notes in the scene: instructions for points of objects, and strokes of the Annotate tool, drawn onto a copy."""

from ...lazy import loader

__getattr__ = loader(__name__)
