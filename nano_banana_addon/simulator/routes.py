# SPDX-License-Identifier: GPL-3.0-or-later
"""Which handler answers which path."""

from __future__ import annotations

import hashlib
import re

from . import files_api, generate, replies
from .call import ServerCall
from .contract.errors import build_route_not_found
from .contract.models import MODELS
from .contract.plan import ServerReply
from .extension import Handler, Route

_VERSION = r"/(?P<version>v1|v1beta)"
_ID = r"(?P<id>[^/:?]+)"


def _list_models(call: ServerCall, _ident: str) -> ServerReply:
    models = [model for name, model in MODELS.items() if call.state.dialect.resolve_model(name)]
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


_ROUTES: tuple[Route, ...] = (
    ("GET", rf"{_VERSION}/models", "models", _list_models),
    ("GET", rf"{_VERSION}/models/{_ID}", "models", _get_model),
    ("POST", rf"{_VERSION}/models/{_ID}:generateContent", "generate", generate.generate),
    ("POST", rf"/upload{_VERSION}/files", "upload", lambda call, _: files_api.start_upload(call)),
    ("GET", rf"{_VERSION}/files", "files", lambda call, _: files_api.list_files(call)),
    ("GET", rf"{_VERSION}/files/{_ID}", "files", files_api.get_file),
    ("DELETE", rf"{_VERSION}/files/{_ID}", "files", files_api.delete_file),
)


def answer(call: ServerCall) -> ServerReply:
    """The answer to *call*; raises ``ApiError`` for every refusal."""
    extension = call.state.extension
    if (
        extension.dialect.has_files
        and call.method == "POST"
        and call.path.startswith("/upload/")
        and "upload_id" in call.query
    ):
        return files_api.upload(call)
    for method, path, on, handler in extension.dialect.select_routes((*_ROUTES, *extension.routes)):
        match = re.fullmatch(path, call.path)
        if match and method == call.method:
            call.version = match["version"]
            return _admit(call, match.groupdict().get("id") or "", on, handler)
    raise build_route_not_found(call.path)


def _admit(call: ServerCall, ident: str, on: str, handler: Handler) -> ServerReply:
    dialect = call.state.dialect
    dialect.check_key(call.headers, call.query)
    call.key = _compute_key_digest(dialect.read_key(call.headers) or "")
    call.note(key=call.key)
    dialect.check_route(on)
    if on == "generate":
        return handler(call, ident)
    return _apply_plan(call, ident, on, handler)


def _compute_key_digest(key: str) -> str:
    """A short name for a key, to tell owners of files apart without keeping the key."""
    return hashlib.sha256(key.encode("utf-8", "surrogateescape")).hexdigest()[:12] if key else ""


def _apply_plan(call: ServerCall, ident: str, on: str, handler: Handler) -> ServerReply:
    """The handler's answer, or what an extension puts in its place."""
    call.plan, _ = call.state.extension.script.plan(on, call, ident)
    if call.plan.raw is not None:
        reply = call.plan.raw
    elif call.plan.error is not None:
        reply = replies.reply_with_error(call.plan.error, call.state.dialect, "sim", call.plan)
    else:
        reply = handler(call, ident)
    call.plan.finish(reply)
    return reply
