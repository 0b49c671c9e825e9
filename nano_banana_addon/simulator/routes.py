# SPDX-License-Identifier: GPL-3.0-or-later
"""Which room answers which path."""

from __future__ import annotations

import re
from collections.abc import Callable

from . import auth, batch_api, files_api, gateway, generate, replies, vertex
from .call import ServerCall
from .errors import ApiError, build_route_not_found
from .models import MODELS
from .plan import ServerReply

Handler = Callable[[ServerCall, str], ServerReply]
_VERSION = r"/(?P<version>v1|v1beta)"
_ID = r"(?P<id>[^/:?]+)"


def _list_models(call: ServerCall, _ident: str) -> ServerReply:
    if call.state.settings.dialect == "cometapi" and call.version == "v1":
        return replies.reply_with_tree(gateway.build_model_list())
    models = [model for name, model in MODELS.items() if name not in call.state.settings.retired]
    # Two pages, whatever page size was asked for: a caller that ignores nextPageToken is found out.
    half = (len(models) + 1) // 2
    size, first = files_api.parse_page(call, 50, 1000)
    page = models[first : first + min(size, half)]
    tree: dict[str, object] = {"models": [model.to_record() for model in page]}
    if first + len(page) < len(models):
        tree["nextPageToken"] = str(first + len(page))
    return replies.reply_with_tree(tree)


def _get_model(call: ServerCall, ident: str) -> ServerReply:
    model = generate.find_model(call.state, ident, call.version, "get")
    return replies.reply_with_tree(model.to_record())


_ROUTES: tuple[tuple[str, str, str, Handler], ...] = (
    ("GET", rf"{_VERSION}/models", "models", _list_models),
    ("GET", rf"{_VERSION}/models/{_ID}", "models", _get_model),
    (
        "POST",
        rf"{_VERSION}/models/{_ID}:generateContent",
        "generate",
        lambda call, name: generate.generate(call, name, stream=False),
    ),
    (
        "POST",
        rf"{_VERSION}/models/{_ID}:streamGenerateContent",
        "generate",
        lambda call, name: generate.generate(call, name, stream=True),
    ),
    ("POST", rf"{_VERSION}/models/{_ID}:countTokens", "count", generate.count_tokens),
    ("POST", rf"{_VERSION}/models/{_ID}:batchGenerateContent", "batch", batch_api.create),
    ("POST", rf"/upload{_VERSION}/files", "upload", lambda call, _: files_api.start_upload(call)),
    ("GET", rf"{_VERSION}/files", "files", lambda call, _: files_api.list_files(call)),
    ("GET", rf"{_VERSION}/files/{_ID}", "files", files_api.get_file),
    ("DELETE", rf"{_VERSION}/files/{_ID}", "files", files_api.delete_file),
    ("GET", rf"(?:/download)?{_VERSION}/files/{_ID}:download", "files", files_api.download),
    ("GET", rf"{_VERSION}/batches", "batches", lambda call, _: batch_api.list_batches(call)),
    ("GET", rf"{_VERSION}/batches/{_ID}", "batches", batch_api.get),
    ("POST", rf"{_VERSION}/batches/{_ID}:cancel", "batches", batch_api.cancel),
    ("DELETE", rf"{_VERSION}/batches/{_ID}", "batches", batch_api.delete),
)
_PUBLISHER_MODELS = r"/(?P<version>v1|v1beta1)/publishers/google/models"
_VERTEX_ROUTES: tuple[tuple[str, str, str, Handler], ...] = tuple(
    (method, path.replace(rf"{_VERSION}/models", _PUBLISHER_MODELS), on, route_handler)
    for method, path, on, route_handler in _ROUTES
    if path.startswith(rf"{_VERSION}/models/") and on != "batch"
)


def _compile(
    routes: tuple[tuple[str, str, str, Handler], ...],
) -> tuple[tuple[str, re.Pattern[str], str, Handler], ...]:
    return tuple((method, re.compile(path), on, handler) for method, path, on, handler in routes)


_COMPILED = _compile(_ROUTES)
_VERTEX_COMPILED = _compile(_VERTEX_ROUTES)
_GATEWAY_ROUTES = frozenset({"generate", "models"})


def answer(call: ServerCall) -> ServerReply:
    """The answer to *call*; raises ``ApiError`` for every refusal."""
    is_vertex = call.state.settings.dialect == vertex.DIALECT
    upload = not is_vertex and call.path.startswith("/upload/") and "upload_id" in call.query
    if upload and call.method == "POST":
        return files_api.upload(call)
    for method, pattern, on, handler in _VERTEX_COMPILED if is_vertex else _COMPILED:
        match = pattern.fullmatch(call.path)
        if match and method == call.method:
            call.version = match["version"]
            return _admit(call, match.groupdict().get("id") or "", on, handler)
    raise build_route_not_found(call.path)


def _admit(call: ServerCall, ident: str, on: str, handler: Handler) -> ServerReply:
    settings = call.state.settings
    call.key = auth.check_key(call.headers, call.query, settings.keys, settings.dialect)
    call.secret = auth.read_key(call.headers, settings.dialect) or ""
    call.received.key = call.key
    if settings.dialect == "cometapi" and on not in _GATEWAY_ROUTES:
        raise ApiError(404, "Invalid URL", gateway_code="invalid_request_error")
    if on == "generate":
        return handler(call, ident)
    return _apply_script(call, ident, on, handler)


def _apply_script(call: ServerCall, ident: str, on: str, handler: Handler) -> ServerReply:
    """Apply errors and transport cases that a test scripted for this room."""
    plan = generate.plan_by_script(call, on, ident)
    if plan.raw is not None:
        reply = plan.raw
    elif plan.error is not None:
        reply = replies.reply_with_error(plan.error, call.state.settings.dialect, "sim", plan)
    else:
        call.batch_case = plan.batch
        reply = handler(call, ident)
    reply.transport = plan.transport
    return reply
