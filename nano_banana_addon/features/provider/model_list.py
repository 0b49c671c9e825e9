# SPDX-License-Identifier: GPL-3.0-or-later
"""The provider's own list of models against the catalogue: requested by the user, and stored."""

from __future__ import annotations

from ...blender.host import folders
from ...core import models
from ...core.models import ModelAvailability
from ...storage.files import model_lists
from ...wire.providers import Endpoint


def load() -> None:
    """Load the stored lists."""
    models.record(model_lists.load(folders.home()))


def fetch(target: Endpoint, key: str) -> ModelAvailability:
    """Request the provider's list and store it. Costs nothing, blocks. Raises `NanoBananaError`."""
    from ...worker import provider_calls

    offer = provider_calls.fetch(folders.home(), target, key)
    load()
    return offer
