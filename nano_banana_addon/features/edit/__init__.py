# SPDX-License-Identifier: GPL-3.0-or-later
"""A part of an image is changed, and nothing else of it."""

from ...lazy import loader

__getattr__ = loader(__name__)
