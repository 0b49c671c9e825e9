# SPDX-License-Identifier: GPL-3.0-or-later
"""The objects of a texture: which are generated, and which others show it."""

from ....lazy import loader

__getattr__ = loader(__name__)
