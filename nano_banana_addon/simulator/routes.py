# SPDX-License-Identifier: GPL-3.0-or-later
"""Which room answers which path."""

from __future__ import annotations

import re
from collections.abc import Callable

from . import auth, batch_api, files_api, gateway, generate, replies, vertex
from .call import Call
from .errors import ApiError, no_such_route
from .models import MODELS
from .plan import Reply

Room = Callable[[Call, str], Reply]
_VERSION = r"/(?P<version>v1|v1beta)"
_ID = r"(?P<id>[^/:?]+)"


def _list_models(call: Call, _ident: str) -> Reply:
    if call.world.settings.dialect == "cometapi" and call.version == "v1":
        return replies.reply_with_tree(gateway.model_list())
    known = [model for name, model in MODELS.items() if name not in call.world.settings.retired]
    # Two pages, whatever page size was asked for: a caller that ignores nextPageToken is found out.
    half = (len(known) + 1) // 2
    size, first = files_api.page_of(call, 50, 1000)
    shown = known[first : first + min(size, half)]
    tree: dict[str, object] = {"models": [model.record() for model in shown]}
    if first + len(shown) < len(known):
        tree["nextPageToken"] = str(first + len(shown))
    return replies.reply_with_tree(tree)


def _get_model(call: Call, ident: str) -> Reply:
    model = generate.find_model(call.world, ident, call.version, "get")
    return replies.reply_with_tree(model.record())


_ROOMS: tuple[tuple[str, str, str, Room], ...] = (
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
_PUBLISHED = r"/(?P<version>v1|v1beta1)/publishers/google/models"
_VERTEX_ROOMS: tuple[tuple[str, str, str, Room], ...] = tuple(
    (method, path.replace(rf"{_VERSION}/models", _PUBLISHED), on, room)
    for method, path, on, room in _ROOMS
    if path.startswith(rf"{_VERSION}/models/") and on != "batch"
)


def _compile(
    rooms: tuple[tuple[str, str, str, Room], ...],
) -> tuple[tuple[str, re.Pattern[str], str, Room], ...]:
    return tuple((method, re.compile(path), on, room) for method, path, on, room in rooms)


_COMPILED = _compile(_ROOMS)
_VERTEX_COMPILED = _compile(_VERTEX_ROOMS)
_GATEWAY_HAS = frozenset({"generate", "models"})


def answer(call: Call) -> Reply:
    """The answer to *call*; raises ``ApiError`` for every refusal."""
    vertexes = call.world.settings.dialect == vertex.DIALECT
    upload = not vertexes and call.path.startswith("/upload/") and "upload_id" in call.query
    if upload and call.method == "POST":
        return files_api.upload(call)
    for method, pattern, on, room in _VERTEX_COMPILED if vertexes else _COMPILED:
        found = pattern.fullmatch(call.path)
        if found and method == call.method:
            call.version = found["version"]
            return _admit(call, found.groupdict().get("id") or "", on, room)
    raise no_such_route(call.path)


def _admit(call: Call, ident: str, on: str, room: Room) -> Reply:
    settings = call.world.settings
    call.key = auth.check_key(call.headers, call.query, settings.keys, settings.dialect)
    call.secret = auth.read_key(call.headers, settings.dialect) or ""
    call.received.key = call.key
    if settings.dialect == "cometapi" and on not in _GATEWAY_HAS:
        raise ApiError(404, "Invalid URL", gateway_code="invalid_request_error")
    if on == "generate":
        return room(call, ident)
    return _apply_script(call, ident, on, room)


def _apply_script(call: Call, ident: str, on: str, room: Room) -> Reply:
    """Apply errors and transport cases that a test scripted for this room."""
    plan = generate.plan_by_script(call, on, ident)
    if plan.raw is not None:
        reply = plan.raw
    elif plan.error is not None:
        reply = replies.reply_with_error(plan.error, call.world.settings.dialect, "sim", plan)
    else:
        call.batch_case = plan.batch
        reply = room(call, ident)
    reply.transport = plan.transport
    return reply
