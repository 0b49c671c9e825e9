# SPDX-License-Identifier: GPL-3.0-or-later
"""The provider's own list of models against the catalogue: asked when the artist wants, and kept."""

from __future__ import annotations

from ...blender.host import folders
from ...core import offered
from ...core.offered import ModelAvailability
from ...storage.files import model_lists
from ...wire.providers import Endpoint


def load() -> None:
    """Remember what was kept."""
    offered.record(model_lists.load(folders.home()))


def fetch(target: Endpoint, key: str) -> ModelAvailability:
    """The provider's list, kept and remembered. Costs nothing, waits. Raises `NanoBananaError`."""
    from ...worker import provider_calls

    offer = provider_calls.fetch(folders.home(), target, key)
    load()
    return offer
