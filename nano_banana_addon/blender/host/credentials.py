# SPDX-License-Identifier: GPL-3.0-or-later
"""The API key of a provider: from the environment, else from the preferences, and from nowhere else."""

from __future__ import annotations

import os
from dataclasses import dataclass, field

from ...core.errors import ErrorKind, NanoBananaError
from ...wire.keys import find_variable
from ...wire.providers import PROVIDERS, Provider
from .preferences import get_preferences


@dataclass(frozen=True, slots=True)
class Credential:
    """A key and where it came from; the key is left out of its text form."""

    key: str = field(repr=False)
    origin: str  # "environment variable GEMINI_API_KEY", "preferences", or "" for none


def find_credential(provider_id: str) -> Credential:
    """The key of a provider. The environment wins, so that a farm needs no preferences."""
    provider = PROVIDERS[provider_id]
    if variable := find_variable(provider):
        return Credential(os.environ[variable].strip(), f"environment variable {variable}")
    prefs = get_preferences()
    value = str(getattr(prefs, key_property(provider), "")).strip() if prefs else ""
    return Credential(value, "preferences" if value else "")


def key_property(provider: Provider) -> str:
    """The name of the preference that holds a provider's key."""
    return f"key_{provider.id.replace('-', '_')}"


def address_property(provider: Provider) -> str:
    """The name of the preference that holds another address of a provider."""
    return f"address_{provider.id.replace('-', '_')}"


def find_address(provider_id: str) -> str:
    """The address of a provider in the preferences, else its own."""
    prefs = get_preferences()
    provider = PROVIDERS[provider_id]
    address = str(getattr(prefs, address_property(provider), "")).strip() if prefs else ""
    earlier = str(prefs.base_url).strip() if prefs and str(prefs.provider) == provider_id else ""
    return address or earlier or provider.base_url


def resolve_key(provider_id: str) -> str:
    """The key to send, "" for a provider that needs none. Raises KEY_MISSING with what to do."""
    provider = PROVIDERS[provider_id]
    key_source = find_credential(provider_id)
    if key_source.key or not provider.needs_key:
        return key_source.key
    variables = " or ".join(provider.key_variables)
    raise NanoBananaError(
        ErrorKind.KEY_MISSING,
        f"There is no API key for {provider.label}.",
        next_step=f"Enter it in Preferences > Add-ons > Nano Banana, or set {variables}"
        " before starting Blender. The provider Offline needs none.",
    )
