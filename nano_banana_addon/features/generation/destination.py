# SPDX-License-Identifier: GPL-3.0-or-later
"""Where requests are sent to: a provider, its address, and the key to send."""

from __future__ import annotations

from dataclasses import dataclass, field

from ...blender.host import credentials, online
from ...blender.host.preferences import get_preferences
from ...core.constants import OFFLINE
from ...core.errors import NanoBananaError
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


def resolve_destination(provider: str = "", base_url: str = "", *, dry_run: bool = False) -> Destination:
    """The destination for a provider, by default the one in the preferences, which may name another address.

    With `dry_run` it has no key and needs no online access. Raises `NanoBananaError` where it may not be called.
    """
    prefs = get_preferences()
    preferred = str(prefs.provider) if prefs else "google"
    provider = provider or preferred
    override = base_url or (str(prefs.base_url) if prefs and provider == preferred else "")
    if provider == OFFLINE and not override:
        endpoint = Endpoint(PROVIDERS[OFFLINE], "")  # the worker process starts the server and knows its address
    else:
        endpoint = resolve_endpoint(provider, override)
    if dry_run:
        return Destination(endpoint)
    online.require_online(endpoint)
    return Destination(endpoint, credentials.resolve_key(provider))


def is_local(provider: str) -> bool:
    """Whether a provider is reached on this machine only."""
    try:
        endpoint = resolve_destination(provider, dry_run=True).endpoint
        return endpoint.is_local or not endpoint.base_url
    except NanoBananaError:
        return False
