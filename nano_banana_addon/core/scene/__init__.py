# SPDX-License-Identifier: GPL-3.0-or-later
"""What is recorded of a scene: how it was captured, and how the capture lies on the canvas."""

from ...lazy import loader

__getattr__ = loader(__name__)
