# SPDX-License-Identifier: GPL-3.0-or-later
"""Turns results and errors into answers for the line."""

from __future__ import annotations

from typing import Any

from . import gateway, jsonout
from .errors import ApiError
from .plan import AnswerPlan, ServerReply

_JSON = {"Content-Type": "application/json; charset=UTF-8"}
_HTML = {"Content-Type": "text/html; charset=UTF-8"}


def reply_with_tree(tree: Any, status: int = 200, headers: dict[str, str] | None = None) -> ServerReply:
    """A JSON answer. ``bytes`` in *tree* become base64."""
    pieces = jsonout.write(tree)
    return ServerReply(status, pieces, {**_JSON, **(headers or {})}, sum(map(len, pieces)))


def reply_with_error(error: ApiError, dialect: str, request_id: str, plan: AnswerPlan | None = None) -> ServerReply:
    """An error in the dialect of the service, or in the gateway's."""
    if error.html is not None:
        page = error.html.encode()
        return ServerReply(error.code, [page], dict(_HTML), len(page))
    if dialect == "cometapi":
        status, body = gateway.translate_error(error, request_id)
        return reply_with_tree(body, status)
    body = error.to_envelope()
    wrapped = [body] if plan is not None and plan.array_error else body
    return reply_with_tree(wrapped, error.code, plan.headers if plan is not None else None)
