# SPDX-License-Identifier: GPL-3.0-or-later
"""The dialect of CometAPI: other ids, other authorisation, OpenAI-style errors."""

from __future__ import annotations

from typing import Any

from .errors import ApiError

# The gateway keeps the preview ids that Google has retired.
MODEL_OF_ID = {
    "gemini-3-pro-image-preview": "gemini-3-pro-image",
    "gemini-3.1-flash-image-preview": "gemini-3.1-flash-image",
    "gemini-nano-banana-2.1": "gemini-nano-banana-2.1",
    "gemini-2.5-flash-image": "gemini-2.5-flash-image",
}
UNSUPPORTED = ("countTokens", "batchGenerateContent")
TOO_LARGE = "<html><head><title>413 Request Entity Too Large</title></head></html>"


def translate_error(error: ApiError, request_id: str) -> tuple[int, dict[str, Any]]:
    """HTTP status and body under which the gateway reports *error*.

    A malformed body is a 500 with code ``invalid_request``, an unknown model a 503 with code
    ``model_not_found``: neither is worth a second try, whatever the status suggests.
    """
    code, text = error.code, error.message
    name = error.gateway_code or "upstream_error"
    if name == "invalid_request":
        code = 500
    elif name == "model_not_found":
        code = 503
    elif name == "invalid_api_key":
        code = 401
    body = {
        "message": f"{text} (request id: {request_id})",
        "type": "comet_api_error",
        "param": "",
        "code": name,
    }
    return code, {"error": body}


def build_unknown_model_error(model: str) -> ApiError:
    """The gateway's words for an id that it does not serve."""
    text = f"no available channel for group default and model {model} (distributor)"
    return ApiError(503, text, gateway_code="model_not_found")


def build_model_list() -> dict[str, Any]:
    """``GET /v1/models`` in the OpenAI form."""
    data = [{"id": name, "object": "model", "owned_by": "google"} for name in MODEL_OF_ID]
    return {"object": "list", "data": data}
