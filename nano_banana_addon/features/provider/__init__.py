# SPDX-License-Identifier: GPL-3.0-or-later
"""The image service: its models, and a test of the connection."""

from ...lazy import loader

__getattr__ = loader(__name__)
