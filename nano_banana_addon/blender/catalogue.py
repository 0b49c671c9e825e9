# SPDX-License-Identifier: GPL-3.0-or-later
"""The provider's own list of models against the catalogue: asked when the artist wants, and kept."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from ..core import models, offered
from ..core.errors import NanoBananaError
from ..core.offered import NewModel, Offer
from ..jobs import offers
from ..wire.providers import Endpoint
from . import folders


def load() -> None:
    """Remember what was kept."""
    offered.note(offers.load(folders.home()))


def refreshing() -> Callable[[Endpoint, str], tuple[bool, str]]:
    """What asks for the list, keeps it, and says what is new; it touches no Blender data."""
    home = folders.home()

    def ask(target: Endpoint, key: str) -> tuple[bool, str]:
        try:
            offer = fetch(home, target, key)
        except NanoBananaError as error:
            return False, error.sentence()
        return True, words(target.provider.label, offer)

    return ask


def fetch(home: Path, target: Endpoint, key: str) -> Offer:
    """The provider's list, kept in the store's folder. Costs nothing. Raises `NanoBananaError`."""
    from ..wire import models_list  # imports httpx: not when the add-on is enabled

    if not target.base_url:  # the embedded server, which paints as every model of the catalogue
        offer = Offer(tuple(models.MODELS), asked=time.time())
    else:
        found = models_list.refresh(models_list.list_models(target, key))
        new = tuple(NewModel(model.catalogue_id, model.label) for model in found.new)
        offer = Offer(found.offered, found.missing, new, time.time())
    offers.save(home, target.provider.id, offer)
    offered.note({target.provider.id: offer})
    return offer


def words(provider: str, offer: Offer) -> str:
    """A provider's list in sentences, one a line."""
    lines = [f"{provider} offers {len(offer.offered)} of the {len(models.MODELS)} known models."]
    if offer.missing:
        lines.append(f"Not offered: {', '.join(models.find(id).label for id in offer.missing)}.")
    if offer.new:
        named = ", ".join(f"{entry.label} ({entry.id})" for entry in offer.new)
        lines.append(f"New, to be used through Other: {named}.")
    return "\n".join(lines)
