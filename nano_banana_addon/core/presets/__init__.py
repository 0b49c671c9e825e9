# SPDX-License-Identifier: GPL-3.0-or-later
"""Presets of settings as values, and the files that hold them."""

from ...lazy import loader

__getattr__ = loader(__name__)
