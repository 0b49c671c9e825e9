# SPDX-License-Identifier: GPL-3.0-or-later
"""A material made of one image, as values."""

from ...lazy import loader

__getattr__ = loader(__name__)
