# SPDX-License-Identifier: GPL-3.0-or-later
"""The providers, and endpoints: providers at an address. Their entries are in `provider_table`."""

from __future__ import annotations

import ipaddress
from base64 import b64encode
from collections.abc import Mapping
from types import MappingProxyType
from urllib.parse import quote, urlsplit

from ..core import bounds, errors, models
from ..light_dataclass import light_dataclass
from .provider import SAFE_BODY, Provider, Route
from .provider_table import ENTRIES

__all__ = ["PROVIDERS", "SAFE_BODY", "Endpoint", "Provider", "Route"]

PROVIDERS: Mapping[str, Provider] = MappingProxyType({provider.id: provider for provider in ENTRIES})


@light_dataclass(frozen=True)
class Endpoint:
    """A provider at an address, without a slash at the end. It holds no key."""

    provider: Provider
    base_url: str

    @property
    def host(self) -> str:
        """The host's name, for messages."""
        return urlsplit(self.base_url).hostname or ""

    @property
    def is_local(self) -> bool:
        """Whether the server runs on this computer: such calls never go through a proxy."""
        return is_loopback(self.host)

    def find_route(self, catalogue_id: str) -> Route:
        """How a model is reached here. Raises `NanoBananaError` (MODEL) for one that the provider does not have."""
        model = models.find(catalogue_id)
        if not self.provider.offers(model):
            message = f"{self.provider.label} does not offer {model.label}; nothing was sent."
            raise errors.NanoBananaError(
                errors.ErrorKind.MODEL, message, next_step="Choose another model, or another provider."
            )
        return self.provider.families[model.family]

    def get_model_id(self, catalogue_id: str) -> str:
        """The provider's own id of a model of the catalogue; retired ids give their successor."""
        current = models.find_successor(catalogue_id)
        return self.provider.model_ids.get(current, current)

    def build_model_url(self, catalogue_id: str, method: str = "") -> str:
        """The address of a model: `method` is "generateContent", or "" for its record."""
        suffix = f":{method}" if method else ""
        return f"{self.models_url}/{quote(self.get_model_id(catalogue_id), safe='')}{suffix}"

    @property
    def models_url(self) -> str:
        """The address of the list of models."""
        return f"{self.base_url}/{self.provider.api_version}/{self.provider.models_path}"

    def build_url(self, path: str) -> str:
        """The address of another method: `path` begins after the version."""
        return f"{self.base_url}/{self.provider.api_version}/{path}"

    def resolve_path(self, path: str) -> str:
        """The address of a path after the base address; a whole one is checked, because the key goes there.

        Raises `NanoBananaError` (ANSWER) for an address of somebody else.
        """
        if path.startswith("/"):
            return f"{self.base_url}{path}"
        if not self.is_own(path):
            raise errors.NanoBananaError(errors.ErrorKind.ANSWER, "The service named an address that is not its own.")
        return path

    def is_own(self, url: str) -> bool:
        """Whether a whole address is one of the service, to which the key may go."""
        origin, domain = get_origin(url), self.provider.own_domain
        if origin is None or origin == get_origin(self.base_url):
            return origin is not None
        return bool(domain) and origin[0] == "https" and f".{origin[1]}".endswith(f".{domain}")

    def build_headers(self, key: str) -> dict[str, str]:
        """The headers that identify the caller. The key goes nowhere else."""
        secret = key or self.provider.placeholder_key
        if not secret:
            return {}
        if self.provider.auth == "bearer":
            return {"Authorization": f"Bearer {secret}"}
        if self.provider.auth == "basic":
            return {"Authorization": f"Basic {b64encode(secret.encode()).decode()}"}
        return {self.provider.auth: secret}


def resolve_endpoint(provider_id: str, base_url_override: str = "") -> Endpoint:
    """The endpoint of a provider, at its own address or at another one with the same contract.

    Raises `InputError` for an unknown provider, and for an address that is neither https nor http on this computer: the
    key would be sent unencrypted.
    """
    provider = PROVIDERS.get(provider_id)
    if provider is None:
        raise errors.InputError(
            f"There is no provider {provider_id!r}.",
            next_step=f"Choose one of: {', '.join(PROVIDERS)}.",
        )
    base_url = (base_url_override or provider.base_url).strip().rstrip("/")
    base_url = base_url.removesuffix(f"/{provider.api_version}")
    if not base_url:
        raise errors.InputError(
            f"The provider {provider.label} has no address yet.",
            next_step="Start its server, or give an address.",
        )
    _check_address(base_url, provider)
    return Endpoint(provider, base_url)


def is_loopback(host: str) -> bool:
    """Whether a host name refers to this computer."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def is_private(host: str) -> bool:
    """Whether a numeric address lies in a network of its own: not reachable from elsewhere. False for names."""
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None) or address
    return not mapped.is_global or mapped.is_multicast


def get_origin(address: str) -> tuple[str, str, int] | None:
    """Scheme, host and port of an address; None for one that is not valid, or names a user."""
    try:
        parts = urlsplit(address)
        port = parts.port or {"http": 80, "https": 443}[parts.scheme]
    except (ValueError, KeyError):
        return None
    return (parts.scheme, parts.hostname, port) if parts.hostname and "@" not in parts.netloc else None


def _check_address(base_url: str, provider: Provider) -> None:
    if len(base_url) > bounds.MAX_ADDRESS:
        raise errors.InputError("The provider's address is too long.", next_step="Enter host, port and path alone.")
    try:
        parts = urlsplit(base_url)
        _ = parts.port
    except ValueError:
        raise errors.InputError(f"The address {base_url!r} is not valid.") from None
    host = parts.hostname or ""
    if parts.username or parts.password or parts.query or parts.fragment:
        raise errors.InputError(
            "The provider's address contains more than host, port and path.",
            next_step="Remove user names, keys and everything after a question mark.",
        )
    if provider.is_local and parts.scheme == "http" and is_private(host):
        return  # without a key: `keys.clean_key` sees to that
    if not host or not (parts.scheme == "https" or (parts.scheme == "http" and is_loopback(host))):
        raise errors.InputError(
            f"The address {base_url!r} is not safe: the key would be sent unencrypted.",
            next_step="Use an https address, or http on this computer (127.0.0.1, localhost).",
        )
