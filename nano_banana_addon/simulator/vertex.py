# SPDX-License-Identifier: GPL-3.0-or-later
"""The dialect of Vertex AI's express mode: other paths and keys, some fields more, no Files API."""

from __future__ import annotations

from . import schema
from .errors import ApiError, build_invalid
from .schema import EnumType, Message, RepeatedField
from .trees import Tree, get_child, get_children

DIALECT = "vertex"
MIME = "image/png"  # what it paints unless told otherwise
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


def check_key(key: str | None) -> None:
    """Raise the 401 for no key, and for one of AI Studio."""
    if not key:
        raise ApiError(401, _NO_KEY)
    if key == FOREIGN_KEY:
        raise ApiError(401, _FOREIGN)


def check_roles(contents: list[Tree]) -> None:
    """Every turn must say whose it is; the Developer API takes one without a role as the user's."""
    if any(not content.get("role") for content in contents):
        raise build_invalid("Please use a valid role: user, model.")


def flatten_response_format(tree: Tree) -> Tree:
    """The request with its one response format instead of an array of them."""
    config = get_child(tree, "generationConfig")
    if "responseFormat" in config:
        forms = get_children(config, "responseFormat")
        if len(forms) > 1:
            raise build_invalid("Only one response format is supported.")
        tree["generationConfig"] = config | {"responseFormat": forms[0] if forms else {}}
    return tree


def read_mime_type(config: Tree) -> str:
    """The type of picture that is wanted, "" where none is named."""
    mime: str = get_child(get_child(config, "imageConfig"), "imageOutputOptions").get("mimeType") or ""
    if mime not in ("", "image/png", "image/jpeg"):
        raise build_invalid(f"Unsupported output mime type: {mime}.")
    return mime


def build_file_error(uri: str) -> ApiError:
    """The 400 for an address of the Developer API's files."""
    return build_invalid(f"Unsupported file URI type: {uri[:200]}. File URI must be a Google Cloud one.")
