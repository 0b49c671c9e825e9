# SPDX-License-Identifier: GPL-3.0-or-later
"""An image that is changed step by step."""

from ...lazy import loader

__getattr__ = loader(__name__)
