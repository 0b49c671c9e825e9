# SPDX-License-Identifier: GPL-3.0-or-later
"""From settings to a recorded request, and back from a request to settings."""

from ...lazy import loader

__getattr__ = loader(__name__)
