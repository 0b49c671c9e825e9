# SPDX-License-Identifier: GPL-3.0-or-later
"""The models that a provider offers, and a test of the key: calls that cost nothing."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, cast
from urllib.parse import urlencode

from ...core import models
from ...core.bounds import MAX_COST_USD, is_within
from ...core.errors import ErrorKind, NanoBananaError
from .. import errors
from ..http.call import Call, send_request
from ..http.cancel import CancelToken
from ..keys import clean_key
from ..providers import Endpoint
from ..redact import Redactor

_PAGE_SIZE = 1000
_MAX_PAGES = 20
_ANSWER_LIMIT = 8 * 2**20


@dataclass(frozen=True, slots=True)
class ListedModel:
    """One entry of the provider's list. `catalogue_id` is the catalogue's id, where the provider's differs."""

    id: str
    label: str
    catalogue_id: str

    @property
    def in_catalogue(self) -> bool:
        """Whether the catalogue has its ratios, sizes and prices."""
        return models.find(self.catalogue_id).known


@dataclass(frozen=True, slots=True)
class CatalogueDifference:
    """The differences between a list and the catalogue: missing ids, and new ones that can be tried."""

    offered: tuple[str, ...]
    missing: tuple[str, ...]
    new: tuple[ListedModel, ...]


@dataclass(frozen=True, slots=True)
class ConnectionReport:
    """Whether a request would be accepted. A visible model does not prove billing."""

    ok: bool
    message: str
    next_step: str = ""
    model_visible: bool = False

    @property
    def sentence(self) -> str:
        """What happened, and what to do."""
        return f"{self.message} {self.next_step}".strip()


def list_models(endpoint: Endpoint, key: str, *, cancel: CancelToken | None = None) -> tuple[ListedModel, ...]:
    """All image models that the provider lists, in its order. Costs nothing.

    Raises `NanoBananaError`; MODEL when the provider has no list.
    """
    if not endpoint.provider.lists_models:
        raise NanoBananaError(ErrorKind.MODEL, f"{endpoint.provider.label} does not list its models.")
    result: list[ListedModel] = []
    token = ""
    for _page in range(_MAX_PAGES):
        query = {"pageSize": str(_PAGE_SIZE)} | ({"pageToken": token} if token else {})
        page = _fetch_json(endpoint, key, f"{endpoint.models_url}?{urlencode(query)}", cancel)
        entries = page.get("models")
        result += _select_image_models(cast("list[Any]", entries) if isinstance(entries, list) else [], endpoint)
        token = str(page.get("nextPageToken") or "")
        if not token:
            break
    return tuple(result)


def compare_with_catalogue(provider_models: Iterable[ListedModel]) -> CatalogueDifference:
    """The differences between the provider's list and Gemini's models of the catalogue."""
    by_id = {model.catalogue_id: model for model in provider_models}
    return CatalogueDifference(
        offered=tuple(id for id in models.MODELS if id in by_id),
        missing=tuple(m.id for m in models.MODELS.values() if m.family == "gemini" and m.id not in by_id),
        new=tuple(model for model in by_id.values() if not model.in_catalogue),
    )


def test_connection(
    endpoint: Endpoint,
    key: str,
    model: str = models.DEFAULT_MODEL,  # noqa: PT028 - no test
    *,
    cancel: CancelToken | None = None,  # noqa: PT028 - no test
) -> ConnectionReport:
    """Whether the key is accepted and the model available, by requesting the model's record. Costs nothing.

    Never raises `NanoBananaError` except for CANCELLED.
    """
    if "gemini" not in endpoint.provider.families:
        return _test_path(endpoint, key, cancel)
    try:
        _fetch_json(endpoint, key, endpoint.build_model_url(model), cancel)
    except NanoBananaError as error:
        if error.kind is ErrorKind.CANCELLED:
            raise
        if error.kind is ErrorKind.MODEL and not endpoint.provider.lists_models:
            # Gateways answer so for everything but generateContent; a wrong key is reported before.
            return ConnectionReport(True, f"{endpoint.provider.label} responds. Key accepted.")
        return ConnectionReport(False, error.message, error.next_step)
    label = models.find(model).label
    return ConnectionReport(
        True, f"Key accepted by {endpoint.provider.label}. {label} is available.", "", model_visible=True
    )


def _test_path(endpoint: Endpoint, key: str, cancel: CancelToken | None) -> ConnectionReport:
    """For services without records of models: a list that they have, or nothing that costs nothing."""
    label, path = endpoint.provider.label, endpoint.provider.test_path
    try:
        if not path:
            clean_key(endpoint, key)
            return ConnectionReport(True, f"{label} has no test of a key without cost; the first image will tell.")
        _fetch(endpoint, key, endpoint.resolve_path(path), cancel)
    except NanoBananaError as error:
        if error.kind is ErrorKind.CANCELLED:
            raise
        return ConnectionReport(False, error.message, error.next_step)
    return ConnectionReport(True, f"{label} responds." + (" Key accepted." if key else ""))


def list_prices(endpoint: Endpoint, *, cancel: CancelToken | None = None) -> dict[str, float | None]:
    """The models of the catalogue that a gateway's public list has, with US dollars of one image if that is flat.

    No key goes there. Raises `NanoBananaError`.
    """
    public = replace(endpoint, provider=endpoint.provider._replace(needs_key=False, placeholder_key=""))
    entries = _fetch_json(public, "", endpoint.resolve_path(endpoint.provider.catalogue_path), cancel).get("data")
    ours = {endpoint.get_model_id(model.id): model.id for model in models.MODELS.values()}
    prices: dict[str, float | None] = {}
    for entry in cast("list[Any]", entries) if isinstance(entries, list) else []:
        plain = cast("dict[str, Any]", entry) if isinstance(entry, dict) else {}
        pricing: object = plain.get("pricing")
        price: object = cast("dict[str, Any]", pricing).get("per_request") if isinstance(pricing, dict) else None
        if name := ours.get(str(plain.get("id"))):
            is_price = isinstance(price, (int, float)) and is_within(price, MAX_COST_USD)
            prices[name] = float(cast("float", price)) if is_price else None
    return prices


# pytest would take the function above for a test where it is imported.
test_connection.__test__ = False  # type: ignore[attr-defined]


def _fetch_json(endpoint: Endpoint, key: str, url: str, cancel: CancelToken | None) -> Mapping[str, Any]:
    tree = _fetch(endpoint, key, url, cancel)
    if not isinstance(tree, dict):
        raise NanoBananaError(ErrorKind.ANSWER)
    return cast("dict[str, Any]", tree)


def _fetch(endpoint: Endpoint, key: str, url: str, cancel: CancelToken | None) -> object:
    secret = clean_key(endpoint, key)
    call = Call(cancel or CancelToken(), Redactor(secret))
    with send_request("GET", url, endpoint.build_headers(secret), call) as response:
        body = response.read_body(_ANSWER_LIMIT)
        if response.status != 200:
            raise errors.build_error(response.status, response.headers, body, call.redactor, model="that was asked for")
    try:
        return call.redactor.redact_tree(json.loads(body))
    except (ValueError, RecursionError):
        raise NanoBananaError(ErrorKind.ANSWER) from None


def _select_image_models(entries: list[Any], endpoint: Endpoint) -> list[ListedModel]:
    ours = {theirs: catalogue for catalogue, theirs in endpoint.provider.model_ids.items()}
    result: list[ListedModel] = []
    for entry in entries:
        plain = cast("dict[str, Any]", entry) if isinstance(entry, dict) else {}
        name = str(plain.get("name", "")).removeprefix("models/")
        methods = plain.get("supportedGenerationMethods")
        generates = not isinstance(methods, list) or "generateContent" in methods
        catalogue_id = ours.get(name, models.find_successor(name))
        if name and generates and ("image" in name or "banana" in name or catalogue_id in models.MODELS):
            result.append(ListedModel(name, str(plain.get("displayName") or name), catalogue_id))
    return result
