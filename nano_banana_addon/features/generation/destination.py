# SPDX-License-Identifier: GPL-3.0-or-later
"""Where requests are sent to: a provider, its address, and the key to send."""

from __future__ import annotations

from dataclasses import dataclass, field

from ...blender.host import credentials, online
from ...blender.host.preferences import get_preferences
from ...core import models
from ...core.constants import OFFLINE
from ...core.errors import InputError, NanoBananaError
from ...wire.providers import PROVIDERS, Endpoint, resolve_endpoint


@dataclass(frozen=True, slots=True)
class Destination:
    """An endpoint and the key to send there; the key is left out of its text form."""

    endpoint: Endpoint
    key: str = field(default="", repr=False)

    @property
    def provider(self) -> str:
        """The provider's id."""
        return self.endpoint.provider.id


def resolve_destination(
    provider: str = "", base_url: str = "", *, model: str = "", dry_run: bool = False
) -> Destination:
    """The destination for a provider, by default the one in the preferences, which may name another address.

    With `dry_run` it has no key and needs no online access. `model` is checked: whether the provider has it, and its
    warning was accepted. Raises `NanoBananaError` where it may not be called.
    """
    prefs = get_preferences()
    preferred = str(prefs.provider) if prefs else "google"
    provider = provider or preferred
    override = base_url or (credentials.find_address(provider) if provider in PROVIDERS else "")
    if provider == OFFLINE and not override:
        endpoint = Endpoint(PROVIDERS[OFFLINE], "")  # the worker process starts the server and knows its address
    else:
        endpoint = resolve_endpoint(provider, override)
    if model:
        _check_model(endpoint, model)
    if dry_run:
        return Destination(endpoint)
    online.require_online(endpoint)
    return Destination(endpoint, credentials.resolve_key(provider))


def _check_model(endpoint: Endpoint, model_id: str) -> None:
    endpoint.find_route(model_id)
    model, prefs = models.find(model_id), get_preferences()
    if model.warning and not (prefs and prefs.accepts_unofficial):
        raise InputError(model.warning, next_step="If you accept that, allow unofficial access in the preferences.")


def is_local(provider: str) -> bool:
    """Whether a provider is reached on this machine only."""
    try:
        endpoint = resolve_destination(provider, dry_run=True).endpoint
        return endpoint.is_local or not endpoint.base_url
    except NanoBananaError:
        return False
