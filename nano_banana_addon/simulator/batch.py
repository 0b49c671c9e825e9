# SPDX-License-Identifier: GPL-3.0-or-later
"""The Batch API (section 1.5)."""

from __future__ import annotations


class BatchStore:
    """Batches of one server."""
