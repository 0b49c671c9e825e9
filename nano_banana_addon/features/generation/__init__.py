# SPDX-License-Identifier: GPL-3.0-or-later
"""From choices to a recorded request, and back from a request to choices."""

from ...lazy import loader

__getattr__ = loader(__name__)
