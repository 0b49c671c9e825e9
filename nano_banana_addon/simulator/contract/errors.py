# SPDX-License-Identifier: GPL-3.0-or-later
"""The errors of the service: one exception, its JSON envelope, and the texts the service uses."""

from __future__ import annotations

from typing import Any

STATUS_OF_CODE = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    402: "RESOURCE_EXHAUSTED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    408: "DEADLINE_EXCEEDED",
    413: "INVALID_ARGUMENT",
    429: "RESOURCE_EXHAUSTED",
    499: "CANCELLED",
    500: "INTERNAL",
    501: "UNIMPLEMENTED",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}
TYPE = "type.googleapis.com/google.rpc."
INVALID = "Request contains an invalid argument."
UNREADABLE_IMAGE = (
    "Unable to process input image. Please retry or report in "
    "https://developers.generativeai.google/guide/troubleshooting"
)
INTERNAL = (
    "An internal error has occurred. Please retry or report in "
    "https://developers.generativeai.google/guide/troubleshooting"
)


class ApiError(Exception):
    """An answer other than 200, in the service's own words.

    ``html`` replaces the JSON body where a proxy, not the service, answers.
    """

    def __init__(
        self,
        code: int,
        message: str,
        *,
        status: str | None = None,
        details: list[dict[str, Any]] | None = None,
        html: str | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status if status is not None else STATUS_OF_CODE.get(code, "UNKNOWN")
        self.details = details or []
        self.html = html

    def to_envelope(self) -> dict[str, Any]:
        """The body that the service sends (docs/dev/gemini-contract.md, *Envelope*)."""
        error: dict[str, Any] = {"code": self.code, "message": self.message}
        if self.status:
            error["status"] = self.status
        if self.details:
            error["details"] = self.details
        return {"error": error}


class InvalidRequestError(ApiError):
    """A request that breaks a rule."""


class ModelNotFoundError(ApiError):
    """An unknown or retired model."""


def build_bad_request(violations: list[tuple[str, str]]) -> InvalidRequestError:
    """One 400 for all parse errors: (path, description) pairs, joined by line breaks."""
    fields = [{"field": path, "description": text} if path else {"description": text} for path, text in violations]
    return InvalidRequestError(
        400,
        "\n".join(text for _, text in violations),
        details=[{"@type": TYPE + "BadRequest", "fieldViolations": fields}],
    )


def build_invalid(message: str = INVALID) -> InvalidRequestError:
    """A 400 INVALID_ARGUMENT without details."""
    return InvalidRequestError(400, message)


def build_model_not_found(model: str, version: str, method: str = "generateContent") -> ModelNotFoundError:
    """The 404 for an unknown or retired model; the message names it."""
    return ModelNotFoundError(
        404,
        f"models/{model} is not found for API version {version}, or is not supported for "
        f"{method}. Call ListModels to see the list of available models and their supported "
        "methods.",
    )


def build_route_not_found(path: str) -> ApiError:
    """The 404 for a path that the service does not know."""
    page = f"<html><title>Error 404 (Not Found)</title><p>The requested URL {path[:200]!r} "
    return ApiError(404, "Not Found", html=page + "was not found on this server.</html>")
