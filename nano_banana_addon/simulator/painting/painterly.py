# SPDX-License-Identifier: GPL-3.0-or-later
"""The default painter."""

from __future__ import annotations

from .solid import paint

__all__ = ["paint"]
