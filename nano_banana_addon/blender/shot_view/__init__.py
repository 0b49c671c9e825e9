# SPDX-License-Identifier: GPL-3.0-or-later
"""What a shot's camera sees, as a digest and as places in the frame."""

from ...lazy import loader

__getattr__ = loader(__name__)
