# SPDX-License-Identifier: GPL-3.0-or-later
"""The dialect of Vertex AI's express mode: other paths and keys, some fields more, no Files API."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from nano_banana_addon.simulator.contract.errors import ApiError, build_invalid
from nano_banana_addon.simulator.contract.json_access import Tree, get_child, get_children
from nano_banana_addon.simulator.extension import Route

from .google import GoogleDialect
from .messages import parse, schema
from .messages.schema import EnumType, Message, RepeatedField

_MODELS = r"/(?P<version>v1|v1beta1)/publishers/google/models"
#: Stands for a key of AI Studio, which this service does not take.
FOREIGN_KEY = "ai-studio"
_NO_KEY = (
    "Request is missing required authentication credential. Expected OAuth 2 access token, login "
    "cookie or other valid authentication credential."
)
_FOREIGN = (
    "API keys are not supported by this API. Expected OAuth2 access token or other authentication "
    "credentials that assert a principal."
)
_PERSONS = EnumType("ImageConfig.PersonGeneration", frozenset({"ALLOW_ALL", "ALLOW_ADULT", "ALLOW_NONE"}))
_PROMINENT = EnumType(
    "ImageConfig.ProminentPeople",
    frozenset({"ALLOW_PROMINENT_PEOPLE", "BLOCK_PROMINENT_PEOPLE"}),
)

#: Messages in which it differs from the Developer API.
MESSAGES: dict[str, Message] = {
    **schema.MESSAGES,
    "GenerationConfig": {
        **schema.MESSAGES["GenerationConfig"],
        "responseFormat": RepeatedField("ResponseFormat"),
    },
    "ImageConfig": {
        **schema.MESSAGES["ImageConfig"],
        "personGeneration": _PERSONS,
        "prominentPeople": _PROMINENT,
        "imageOutputOptions": "ImageOutputOptions",
    },
    "ImageOutputOptions": {"mimeType": schema.STRING, "compressionQuality": schema.INT32},
}


class VertexDialect(GoogleDialect):
    """Vertex AI in express mode."""

    name = "vertex"
    mime = "image/png"
    has_files = False

    def check_special_key(self, key: str) -> None:
        """Raise the 401 for no key, and for one of AI Studio."""
        if self.keys is not None and not key:
            raise ApiError(401, _NO_KEY)
        if self.keys is not None and key == FOREIGN_KEY:
            raise ApiError(401, _FOREIGN)
        super().check_special_key(key)

    def select_routes(self, routes: Sequence[Route]) -> Sequence[Route]:
        """The models' routes under its own path; no batches, no files."""
        old = r"/(?P<version>v1|v1beta)/models"
        selected = [route for route in routes if route[1].startswith(old + "/") and route[2] != "batch"]
        return [(method, path.replace(old, _MODELS), on, handler) for method, path, on, handler in selected]

    def parse(self, tree: Any, name: str, version: str) -> Tree:
        """With its own fields, and one response format instead of an array of them."""
        return flatten_response_format(parse.parse(tree, name, version, MESSAGES))

    def check_turns(self, turns: list[Tree]) -> None:
        """Every turn must say whose it is; the Developer API takes one without a role as the user's."""
        if any(not content.get("role") for content in turns):
            raise build_invalid("Please use a valid role: user, model.")

    def check_file(self, uri: str) -> None:
        """The 400 for an address of the Developer API's files."""
        raise build_invalid(f"Unsupported file URI type: {uri[:200]}. File URI must be a Google Cloud one.")

    def read_mime_type(self, config: Tree) -> str:
        """The type of image that is wanted, "" where none is named."""
        mime: str = get_child(get_child(config, "imageConfig"), "imageOutputOptions").get("mimeType") or ""
        if mime not in ("", "image/png", "image/jpeg"):
            raise build_invalid(f"Unsupported output mime type: {mime}.")
        return mime


def flatten_response_format(tree: Tree) -> Tree:
    """The request with its one response format instead of an array of them."""
    config = get_child(tree, "generationConfig")
    if "responseFormat" in config:
        forms = get_children(config, "responseFormat")
        if len(forms) > 1:
            raise build_invalid("Only one response format is supported.")
        tree["generationConfig"] = config | {"responseFormat": forms[0] if forms else {}}
    return tree
