# SPDX-License-Identifier: GPL-3.0-or-later
"""An image becomes a material, or a material is generated from words."""

from ...lazy import loader

__getattr__ = loader(__name__)
