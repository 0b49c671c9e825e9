# SPDX-License-Identifier: GPL-3.0-or-later
"""Blender's data in and out. Knows nothing of features."""

from ..lazy import loader

__getattr__ = loader(__name__)
