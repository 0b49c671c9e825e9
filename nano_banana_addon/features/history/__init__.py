# SPDX-License-Identifier: GPL-3.0-or-later
"""Results of all sessions: gallery, look-up, clean-up."""

from ...lazy import loader

__getattr__ = loader(__name__)
