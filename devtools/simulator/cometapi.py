# SPDX-License-Identifier: GPL-3.0-or-later
"""The dialect of CometAPI: other ids, other authorisation, OpenAI-style errors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from nano_banana_addon.simulator import replies
from nano_banana_addon.simulator.contract.errors import ApiError
from nano_banana_addon.simulator.contract.plan import ServerReply
from nano_banana_addon.simulator.extension import Route

from .google import GoogleDialect

# The gateway keeps the preview ids that Google has retired.
MODEL_OF_ID = {
    "gemini-3-pro-image-preview": "gemini-3-pro-image",
    "gemini-3.1-flash-image-preview": "gemini-3.1-flash-image",
    "gemini-nano-banana-2.1": "gemini-nano-banana-2.1",
    "gemini-2.5-flash-image": "gemini-2.5-flash-image",
}
TOO_LARGE = "<html><head><title>413 Request Entity Too Large</title></head></html>"


class CometDialect(GoogleDialect):
    """The gateway: fewer routes, other ids, errors of its own."""

    name = "cometapi"
    has_files = False

    def read_key(self, headers: Mapping[str, str]) -> str | None:
        """The gateway also takes ``Authorization``."""
        bearer = headers.get("authorization")
        return super().read_key(headers) or (bearer.removeprefix("Bearer ") if bearer is not None else None)

    def select_routes(self, routes: Sequence[Route]) -> Sequence[Route]:
        """Its model list under /v1 comes first."""
        return (("GET", r"/(?P<version>v1)/models", "models", lambda _call, _id: _list_models()), *routes)

    def check_route(self, on: str) -> None:
        """It serves models and generation, and nothing else."""
        if on not in ("generate", "models"):
            raise ApiError(404, "Invalid URL", gateway_code="invalid_request_error")

    def resolve_model(self, name: str) -> str:
        """By the gateway's own ids."""
        if name not in MODEL_OF_ID:
            raise build_unknown_model_error(name)
        return MODEL_OF_ID[name]

    def translate_body_error(self, error: ApiError) -> ApiError:
        """Its proxy answers before it does."""
        del error
        return ApiError(413, "Request Entity Too Large", html=TOO_LARGE)

    def translate_error(self, error: ApiError, request_id: str) -> tuple[int, dict[str, Any]]:
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


def _list_models() -> ServerReply:
    return replies.reply_with_tree(build_model_list())


def build_unknown_model_error(model: str) -> ApiError:
    """The gateway's words for an id that it does not serve."""
    text = f"no available channel for group default and model {model} (distributor)"
    return ApiError(503, text, gateway_code="model_not_found")


def build_model_list() -> dict[str, Any]:
    """``GET /v1/models`` in the OpenAI form."""
    data = [{"id": name, "object": "model", "owned_by": "google"} for name in MODEL_OF_ID]
    return {"object": "list", "data": data}
