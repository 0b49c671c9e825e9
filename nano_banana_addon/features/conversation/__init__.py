# SPDX-License-Identifier: GPL-3.0-or-later
"""Conversations: images that are changed step by step."""

from ...lazy import loader

__getattr__ = loader(__name__)
