# SPDX-License-Identifier: GPL-3.0-or-later
"""The running add-on: timer, panel state, undo steps, background tasks."""

from ..lazy import loader

__getattr__ = loader(__name__)
