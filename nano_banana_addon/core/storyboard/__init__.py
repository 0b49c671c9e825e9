# SPDX-License-Identifier: GPL-3.0-or-later
"""What a storyboard is: its shots, as values."""

from ...lazy import loader

__getattr__ = loader(__name__)
