# SPDX-License-Identifier: GPL-3.0-or-later
"""Thought signatures: each picture handed out is signed, and must come back unchanged.

The signature covers the decoded bytes of the picture and the model. Base64 may come back in
either alphabet (the SDK re-encodes it); any changed byte of picture or signature is refused.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import Any

from .errors import ApiError, build_invalid
from .models import Model

# Not a secret in any real sense: it only has to be the same tomorrow, so that a conversation
# goes on after the Offline server was started again.
_SECRET = b"nano banana simulator, thought signatures"
_MAGIC = b"\x12\x0cthoughts"
_LENGTH = 1403  # bytes after the magic and the model's tag; real ones are of this order
_TAG = 8


def _compute_model_tag(model: Model) -> bytes:
    return hashlib.sha256((model.alias_of or model.id).encode()).digest()[:_TAG]


def _compute_signature(model: Model, data: bytes) -> bytes:
    digest = hashlib.sha256(data).digest()
    mac = hmac.new(_SECRET, _compute_model_tag(model) + digest, hashlib.sha256).digest()
    return _MAGIC + _compute_model_tag(model) + hashlib.shake_256(mac).digest(_LENGTH)


def sign(model: Model, data: bytes) -> str:
    """The signature of a picture's decoded bytes (or of a text part: no bytes), in base64."""
    return base64.b64encode(_compute_signature(model, data)).decode("ascii")


def check_turns(contents: list[dict[str, Any]], model: Model) -> None:
    """Every non-thought picture in a model's turn needs its own untouched signature."""
    if not model.makes_images or not model.signs:
        return
    for row, content in enumerate(contents, 1):
        if content.get("role") == "model":
            for column, part in enumerate(content.get("parts", ()), 1):
                _check_part(part, model, row, column)


def _check_part(part: dict[str, Any], model: Model, row: int, column: int) -> None:
    signature = part.get("thoughtSignature")
    if signature:
        _check_model(signature, model)
    if part.get("thought") or "inlineData" not in part:
        return
    expected = _compute_signature(model, part["inlineData"].get("data", b""))
    if not signature or not hmac.compare_digest(signature, expected):
        raise _build_missing_error(row, column)


def _check_model(signature: bytes, model: Model) -> None:
    tag = signature[len(_MAGIC) : len(_MAGIC) + _TAG]
    if signature.startswith(_MAGIC) and tag != _compute_model_tag(model):
        raise build_invalid(f"Thought signature is not valid for models/{model.id}.")


def _build_missing_error(row: int, column: int) -> ApiError:
    place = f"content position {row}, part position {column}"
    return build_invalid(f"Image part is missing a thought_signature in {place}.")
