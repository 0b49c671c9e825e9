# SPDX-License-Identifier: GPL-3.0-or-later
"""Turns results and errors into answers for the connection."""

from __future__ import annotations

from typing import Any

from .contract import json_writer
from .contract.errors import ApiError
from .contract.plan import AnswerPlan, ServerReply
from .extension import ServiceDialect

_JSON = {"Content-Type": "application/json; charset=UTF-8"}
_HTML = {"Content-Type": "text/html; charset=UTF-8"}


def reply_with_tree(tree: Any, status: int = 200, headers: dict[str, str] | None = None) -> ServerReply:
    """A JSON answer. ``bytes`` in *tree* become base64."""
    pieces = json_writer.write(tree)
    return ServerReply(status, pieces, {**_JSON, **(headers or {})}, sum(map(len, pieces)))


def reply_with_error(
    error: ApiError, dialect: ServiceDialect, request_id: str, plan: AnswerPlan | None = None
) -> ServerReply:
    """An error as the dialect says it."""
    if error.html is not None:
        page = error.html.encode()
        return ServerReply(error.code, [page], dict(_HTML), len(page))
    status, body = dialect.translate_error(error, request_id)
    altered = plan.alter_error(body) if plan is not None else body
    return reply_with_tree(altered, status, plan.headers if plan is not None else None)
