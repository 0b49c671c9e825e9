# SPDX-License-Identifier: GPL-3.0-or-later
"""The storyboard of a scene: its shots, their frames, and what is made of them."""

from ...lazy import loader

__getattr__ = loader(__name__)
