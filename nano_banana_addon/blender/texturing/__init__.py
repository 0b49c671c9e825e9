# SPDX-License-Identifier: GPL-3.0-or-later
"""Objects painted from several views: capture, ask, align, bake, deliver. Modules are imported at their first use."""

from __future__ import annotations

from types import ModuleType

from .. import stand_in


def __getattr__(name: str) -> ModuleType:
    """A stand-in for a module of this package (PEP 562)."""
    return stand_in(__name__, name)
