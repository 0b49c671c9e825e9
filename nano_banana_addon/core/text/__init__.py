# SPDX-License-Identifier: GPL-3.0-or-later
"""Text made from values: prompts, details, progress, outcomes, and what is wrong with a request."""

from ...lazy import loader

__getattr__ = loader(__name__)
