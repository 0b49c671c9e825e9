# SPDX-License-Identifier: GPL-3.0-or-later
"""Where requests are sent to: a provider, its address, and the key to send."""

from __future__ import annotations

from dataclasses import dataclass, field

from ...blender.host import credentials, online
from ...blender.host.preferences import get_preferences
from ...core import models
from ...core.constants import OFFLINE
from ...core.errors import ErrorKind, NanoBananaError
from ...core.models import ImageModel
from ...wire.providers import PROVIDERS, Endpoint, Provider, resolve_endpoint

_NEXT_STEP = "Nothing was sent. Choose another model, or another provider."


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
    if problem := find_model_problem(endpoint.provider, models.find(model)) if model else "":
        raise NanoBananaError(ErrorKind.MODEL, problem, next_step=_NEXT_STEP)
    if dry_run:
        return Destination(endpoint)
    online.require_online(endpoint)
    return Destination(endpoint, credentials.resolve_key(provider))


def find_model_problem(provider: Provider, model: ImageModel) -> str:
    """Why a model cannot be asked for at a provider, as a sentence; "" if it can."""
    if not provider.offers(model):
        service, name = provider.label, model.label
        return f"{service} does not offer {name}."
    prefs = get_preferences()
    if model.warning and not (prefs and prefs.accepts_unofficial):
        return f"{model.warning} It is used when you allow unofficial access in the preferences."
    return ""


def is_local(provider: str) -> bool:
    """Whether a provider is reached on this machine only."""
    try:
        endpoint = resolve_destination(provider, dry_run=True).endpoint
        return endpoint.is_local or not endpoint.base_url
    except NanoBananaError:
        return False
