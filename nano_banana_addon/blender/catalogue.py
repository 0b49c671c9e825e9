# SPDX-License-Identifier: GPL-3.0-or-later
"""The provider's own list of models against the catalogue: asked when the artist wants, and kept."""

from __future__ import annotations

from ..core import offered
from ..core.offered import Offer
from ..jobs import offers
from ..wire.providers import Endpoint
from . import folders


def load() -> None:
    """Remember what was kept."""
    offered.note(offers.load(folders.home()))


def fetch(target: Endpoint, key: str) -> Offer:
    """The provider's list, kept and remembered. Costs nothing, waits. Raises `NanoBananaError`."""
    from ..jobs import errands

    offer = errands.fetch(folders.home(), target, key)
    load()
    return offer
