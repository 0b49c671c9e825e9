# SPDX-License-Identifier: GPL-3.0-or-later
"""What a generation is: plain values and rules. No bpy, no network, no threads."""

from ..lazy import loader

__getattr__ = loader(__name__)
