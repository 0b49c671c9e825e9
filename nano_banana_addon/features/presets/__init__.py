# SPDX-License-Identifier: GPL-3.0-or-later
"""Presets of settings: kept by Blender's preset system, shown before they are applied, exchanged as files."""

from ...lazy import loader

__getattr__ = loader(__name__)
