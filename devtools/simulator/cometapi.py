# SPDX-License-Identifier: GPL-3.0-or-later
"""The dialect of CometAPI: other ids, other authorisation, OpenAI-style errors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from nano_banana_addon.simulator import replies
from nano_banana_addon.simulator.contract.errors import (
    ApiError,
    InvalidRequestError,
    ModelNotFoundError,
)
from nano_banana_addon.simulator.contract.plan import ServerReply
from nano_banana_addon.simulator.extension import Route

from .google import GoogleDialect
from .key_errors import NO_KEY, InvalidKeyError

# The gateway keeps the preview ids that Google has retired.
MODEL_OF_ID = {
    "gemini-3-pro-image-preview": "gemini-3-pro-image",
    "gemini-3.1-flash-image-preview": "gemini-3.1-flash-image",
    "gemini-nano-banana-2.1": "gemini-nano-banana-2.1",
    "gemini-2.5-flash-image": "gemini-2.5-flash-image",
}
TOO_LARGE = "<html><head><title>413 Request Entity Too Large</title></head></html>"


#: The code of an error that the gateway only hands on.
UNNAMED = "upstream_error"
_CODES: dict[type[ApiError], str] = {
    InvalidKeyError: "invalid_api_key",
    InvalidRequestError: "invalid_request",
    ModelNotFoundError: "model_not_found",
}


class GatewayError(ApiError):
    """An error with the string code under which the gateway reports it; the other dialects do not show that."""

    def __init__(self, code: int, message: str, *, gateway_code: str, **fields: Any) -> None:
        super().__init__(code, message, **fields)
        self.gateway_code = gateway_code


class CometDialect(GoogleDialect):
    """The gateway: fewer routes, other ids, errors of its own."""

    name = "cometapi"
    has_files = False

    def read_key(self, headers: Mapping[str, str]) -> str | None:
        """The gateway also takes ``Authorization``."""
        bearer = headers.get("authorization")
        return super().read_key(headers) or (bearer.removeprefix("Bearer ") if bearer is not None else None)

    def check_special_key(self, key: str) -> None:
        """As Google's, but each 403 has a code of the gateway."""
        try:
            super().check_special_key(key)
        except ApiError as error:
            if error.code != 403:
                raise
            raise GatewayError(403, error.message, gateway_code="permission_denied") from error
        if self.keys is not None and not key:
            raise GatewayError(403, NO_KEY, gateway_code="permission_denied")

    def select_routes(self, routes: Sequence[Route]) -> Sequence[Route]:
        """Its model list under /v1 comes first."""
        return (("GET", r"/(?P<version>v1)/models", "models", lambda _call, _id: _list_models()), *routes)

    def check_route(self, on: str) -> None:
        """It serves models and generation, and nothing else."""
        if on not in ("generate", "models"):
            raise GatewayError(404, "Invalid URL", gateway_code="invalid_request_error")

    def resolve_model(self, name: str) -> str:
        """By the gateway's own ids, also where Google has retired one."""
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
        name = error.gateway_code if isinstance(error, GatewayError) else _CODES.get(type(error), UNNAMED)
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
    return GatewayError(503, text, gateway_code="model_not_found")


def build_model_list() -> dict[str, Any]:
    """``GET /v1/models`` in the OpenAI form."""
    data = [{"id": name, "object": "model", "owned_by": "google"} for name in MODEL_OF_ID]
    return {"object": "list", "data": data}
