# SPDX-License-Identifier: GPL-3.0-or-later
"""A provider as data."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from ..light_tuple import LightTuple

if TYPE_CHECKING:
    from ..core.models import ImageModel

#: Bytes of an inline body that every server in between lets pass; some still refuse 20 MiB.
SAFE_BODY = 18 * 1000 * 1000
_NO_IDS: Mapping[str, str] = MappingProxyType({})


class Route(LightTuple):
    """How a family of models is reached: the name of a contract, and the path where it begins."""

    contract: str
    path: str = ""


_GEMINI: Mapping[str, Route] = MappingProxyType({"gemini": Route("gemini")})


class Provider(LightTuple):
    """A service as data.

    `families` says which families of the catalogue it has, and how each is reached. `model_ids` maps ids of the
    catalogue to the provider's own, where they differ. `auth` is the header that carries the key, "bearer" for
    `Authorization: Bearer`, or "basic" for a user and password. `is_local`: a server of the artist's own, for which
    http in a private network will do where no key is sent. `test_path` is asked to test the connection to one that
    does not speak Gemini's contract, `catalogue_path` for a public list of models with prices.
    """

    id: str
    label: str
    base_url: str
    api_version: str = "v1beta"
    models_path: str = "models"
    auth: str = "x-goog-api-key"
    key_variables: tuple[str, ...] = ()
    model_ids: Mapping[str, str] = _NO_IDS
    families: Mapping[str, Route] = _GEMINI
    test_path: str = ""
    catalogue_path: str = ""
    is_local: bool = False
    not_found: str = ""  # what to do where it does not know a model, or an address
    files_api: bool = False
    lists_models: bool = True
    needs_key: bool = True
    takes_key: bool = False  # although it needs none
    placeholder_key: str = ""  # sent when no key is needed and none was given
    body_limit: int = SAFE_BODY
    key_page_url: str = ""
    billing_page_url: str = ""  # where it is paid and topped up
    own_domain: str = ""  # the key may also go to hosts below it, where the service names one
    names_all: bool = False  # all ids are its own: a model of the catalogue that `model_ids` lacks is not there

    def offers(self, model: ImageModel) -> bool:
        """Whether a model can be asked for here; of one that is not in the catalogue its family decides."""
        is_named = not self.names_all or not model.known or model.id in self.model_ids
        return model.family in self.families and is_named
