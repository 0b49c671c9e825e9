# SPDX-License-Identifier: GPL-3.0-or-later
"""``/api/jobs``, which newer servers have: the state of a job by its id, and a cancel that works in any state."""

from __future__ import annotations

import re
from collections.abc import Callable

from devtools.simulator.services.service import route
from nano_banana_addon.simulator import replies
from nano_banana_addon.simulator.call import ServerCall
from nano_banana_addon.simulator.contract.errors import ApiError
from nano_banana_addon.simulator.contract.json_access import Tree
from nano_banana_addon.simulator.contract.plan import ServerReply
from nano_banana_addon.simulator.extension import Handler, Route

from .engine import Engine, Job

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def build_routes(engine: Engine, guard: Callable[[Handler], Handler]) -> tuple[Route, ...]:
    """The three of them."""
    return (
        route("GET", "/api/jobs", "jobs", guard(lambda _call, _id: _list(engine))),
        route("POST", "/api/jobs/cancel", "cancel", guard(lambda call, _id: _cancel_several(engine, call))),
        route("GET", "/api/jobs/(?P<id>[^/]+)", "jobs", guard(lambda _call, ident: _show(engine, ident))),
        route("POST", "/api/jobs/(?P<id>[^/]+)/cancel", "cancel", guard(lambda _call, ident: _cancel(engine, ident))),
    )


def _describe_open(job: Job, status: str) -> Tree:
    about = {"id": job.id, "status": status, "priority": job.number, "create_time": job.extra.get("create_time")}
    return {**about, "outputs_count": 0, "previewable_outputs_count": 0}


def _describe_done(entry: Tree) -> Tree:
    number, ident, graph, extra, _outputs = entry["prompt"]
    messages = dict(entry["status"]["messages"])
    if "execution_interrupted" in messages:
        status, last = "cancelled", messages["execution_interrupted"]
    elif "execution_error" in messages:
        status, last = "failed", messages["execution_error"]
    else:
        status, last = "completed", messages["execution_success"]
    count = sum(len(shown["images"]) for shown in entry["outputs"].values())
    tree = {
        "id": ident,
        "status": status,
        "priority": number,
        "create_time": extra.get("create_time"),
        "execution_start_time": messages["execution_start"]["timestamp"],
        "execution_end_time": last.get("timestamp"),
        "outputs_count": count,
        "previewable_outputs_count": count,
        "outputs": entry["outputs"],
        "execution_status": entry["status"],
        "workflow": {"prompt": graph, "extra_data": extra},
    }
    if count:
        ident, shown = next(iter(entry["outputs"].items()))
        tree["preview_output"] = {**shown["images"][0], "nodeId": ident, "mediaType": "images"}
    return {**tree, "execution_error": last} if status == "failed" else tree


def _find(engine: Engine, ident: str) -> Tree | None:
    running = engine.running
    if running is not None and running.id == ident:
        return _describe_open(running, "in_progress")
    for job in engine.list_pending():
        if job.id == ident:
            return _describe_open(job, "pending")
    entry = engine.history.get(ident)
    return _describe_done(entry) if entry else None


def _list(engine: Engine) -> ServerReply:
    found = [_describe_done(entry) for entry in engine.history.values()]
    page = {"offset": 0, "limit": None, "total": len(found), "has_more": False}
    return replies.reply_with_tree({"jobs": found, "pagination": page})


def _show(engine: Engine, ident: str) -> ServerReply:
    tree = _find(engine, ident)
    return replies.reply_with_tree(tree or {"error": "Job not found"}, 200 if tree else 404)


def _cancel(engine: Engine, ident: str) -> ServerReply:
    return replies.reply_with_tree({"cancelled": engine.stop(ident) or engine.delete(ident)})


def _cancel_several(engine: Engine, call: ServerCall) -> ServerReply:
    try:
        tree = call.read_json("cancel")
    except ApiError:
        return replies.reply_with_tree({"error": "Request body must be valid JSON"}, 400)
    idents = tree.get("job_ids") if isinstance(tree, dict) else None
    if not isinstance(idents, list):
        return replies.reply_with_tree({"error": "job_ids must be a list"}, 400)
    wrong = [str(ident) for ident in idents if not isinstance(ident, str) or not _UUID.fullmatch(ident)]
    if wrong:
        return replies.reply_with_tree({"error": "job_ids contains invalid id(s)", "invalid_ids": wrong}, 400)
    stopped = [engine.stop(ident) or engine.delete(ident) for ident in idents]
    return replies.reply_with_tree({"cancelled": any(stopped)})
