# SPDX-License-Identifier: GPL-3.0-or-later
"""Blender itself: versions, GPU, preferences, folders, online access and keys."""

from ...lazy import loader

__getattr__ = loader(__name__)
