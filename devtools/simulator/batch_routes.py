# SPDX-License-Identifier: GPL-3.0-or-later
"""The calls of the Batch API (contract case 37).

A batch goes one step on each time it is looked at: PENDING, RUNNING, then its end. Its pictures
are painted at the last step.
"""

from __future__ import annotations

import hashlib
import json
from functools import partial
from typing import Any

from nano_banana_addon.simulator import generate, replies
from nano_banana_addon.simulator.call import ServerCall
from nano_banana_addon.simulator.contract import json_writer
from nano_banana_addon.simulator.contract.body import PIECE
from nano_banana_addon.simulator.contract.errors import ApiError, build_invalid
from nano_banana_addon.simulator.contract.json_access import Tree, get_child, get_children
from nano_banana_addon.simulator.contract.plan import ServerReply
from nano_banana_addon.simulator.extension import Route
from nano_banana_addon.simulator.files_api import parse_page

from .batches import ENDED, Batch, BatchEntry, BatchStore, build_line_error
from .messages import parse
from .script import CaseContext, plan_by_prompt
from .transport import FaultPlan

_END_STATE_OF_CASE = {"batch_failed": "FAILED", "batch_expired": "EXPIRED"}


def create(store: BatchStore, call: ServerCall, model: str) -> ServerReply:
    """``:batchGenerateContent``, with inline requests or an uploaded JSONL file."""
    request = call.check_message(call.read_json("batch"), "BatchRequest")
    generate.find_model(call.state, model, call.version, "batchGenerateContent")
    fields = get_child(request, "batch")
    source = get_child(fields, "inputConfig")
    if bool(source.get("fileName")) == bool(source.get("requests")):
        raise build_invalid("Exactly one of input_config.file_name and input_config.requests is needed.")
    from_file = bool(source.get("fileName"))
    entries = _read_file_entries(call, source["fileName"]) if from_file else _list_inline_entries(source["requests"])
    if not entries:
        raise build_invalid("The batch holds no requests.")
    batch = store.add(call.key, model, fields.get("displayName", ""), entries, from_file=from_file)
    batch.case_name = call.plan.batch if isinstance(call.plan, FaultPlan) else ""
    return replies.reply_with_tree(batch.to_operation())


def _list_inline_entries(requests: Tree) -> list[BatchEntry]:
    return [
        BatchEntry({"metadata": item["metadata"]} if "metadata" in item else {}, item.get("request"))
        for item in get_children(requests, "requests")
    ]


def _read_file_entries(call: ServerCall, name: str) -> list[BatchEntry]:
    stored = call.state.files.get(name, call.key)
    entries: list[BatchEntry] = []
    with stored.path.open("rb") as lines:
        for number, line in enumerate(lines, 1):
            if line.strip():
                entries.append(_parse_line(line, number))
    return entries


def _parse_line(line: bytes, number: int) -> BatchEntry:
    try:
        item: Any = json.loads(line)
        return BatchEntry({"key": item["key"]}, item["request"])
    except (ValueError, KeyError, TypeError) as error:
        raise build_invalid(f"Line {number} of the batch file is not a keyed request.") from error


def get(store: BatchStore, call: ServerCall, ident: str) -> ServerReply:
    """``GET batches/{id}``: the batch, one step on."""
    batch = store.get(ident, call.key)
    with store.lock:
        previous_state = batch.state
        if previous_state == "PENDING":
            batch.state = "RUNNING"
    if previous_state == "RUNNING":
        _finish(call, batch)
    return replies.reply_with_tree(batch.to_operation())


def _finish(call: ServerCall, batch: Batch) -> None:
    if batch.case_name == "batch_stuck":
        return
    end_state = _END_STATE_OF_CASE.get(batch.case_name, "SUCCEEDED")
    if end_state == "SUCCEEDED":
        results = [_run_entry(call, batch, entry) for entry in batch.entries]
        batch.failed = sum("error" in result for result in results)
        batch.output = _build_output(call, batch, results)
    batch.state = end_state


def _build_output(call: ServerCall, batch: Batch, results: list[Tree]) -> Tree:
    if not batch.from_file:
        return {"inlinedResponses": {"inlinedResponses": results}}
    # The order of the lines is not promised: here it is never that of the requests.
    lines = [b"".join(json_writer.write(result, indent=None)) for result in reversed(results)]
    data = b"\n".join(_spoil(lines, batch.case_name)) + b"\n"
    stored = call.state.files.start(call.key, "application/jsonl", "", len(data))
    stored.source, stored.polls = "GENERATED", 0
    call.state.files.append(stored, 0, [data], finalize=True)
    if batch.case_name == "batch_gone":
        call.state.files.delete(stored.name, call.key)
    return {"responsesFile": stored.name}


def _spoil(lines: list[bytes], case_name: str) -> list[bytes]:
    if case_name == "batch_damaged":
        return [lines[0][: len(lines[0]) // 2], *lines[1:]]
    if case_name == "batch_missing":
        return lines[1:]
    if case_name == "batch_foreign":
        return [b'{"key":"20200101-0123456789","response":{}}', *lines, lines[-1], b'{"response":{}}']
    return lines


def _run_entry(call: ServerCall, batch: Batch, entry: BatchEntry) -> Tree:
    try:
        return {"response": _build_response(call, batch, entry.request), **entry.name}
    except ApiError as error:
        return {"error": build_line_error(error), **entry.name}


def _build_response(call: ServerCall, batch: Batch, raw: Any) -> Tree:
    request = raw
    if batch.from_file:
        request = parse.parse(raw, "GenerateContentRequest", call.version)
    model = generate.find_model(call.state, batch.model, call.version)
    parsed = generate.parse_request(call.state, call.key, model, request or {})
    plan, parsed.prompt = plan_by_prompt(parsed.prompt, CaseContext(model.id))
    if plan.error is not None:
        raise plan.error
    digest = hashlib.sha256(f"{batch.name}/{parsed.prompt}".encode()).hexdigest()
    return generate.build_result(call.state, parsed, plan, digest)


def list_batches(store: BatchStore, call: ServerCall, _ident: str) -> ServerReply:
    """``GET batches``: pages of operations."""
    batches = store.list_batches(call.key)
    size, first = parse_page(call, 20, 100)
    tree: Tree = {"operations": [batch.to_operation() for batch in batches[first : first + size]]}
    if first + size < len(batches):
        tree["nextPageToken"] = str(first + size)
    return replies.reply_with_tree(tree)


def cancel(store: BatchStore, call: ServerCall, ident: str) -> ServerReply:
    """``POST batches/{id}:cancel``."""
    batch = store.get(ident, call.key)
    if batch.state not in ENDED:
        batch.state = "CANCELLED"
    return replies.reply_with_tree({})


def delete(store: BatchStore, call: ServerCall, ident: str) -> ServerReply:
    """``DELETE batches/{id}``."""
    store.delete(store.get(ident, call.key))
    return replies.reply_with_tree({})


def download(call: ServerCall, ident: str) -> ServerReply:
    """``GET files/{id}:download?alt=media``: generated files only, in pieces."""
    stored = call.state.files.get(f"files/{ident}", call.key)
    if stored.source != "GENERATED":
        raise ApiError(400, "Only generated files can be downloaded.", status="FAILED_PRECONDITION")
    if call.query.get("alt") != "media":
        raise build_invalid("alt=media is needed.")
    data = stored.path.read_bytes()
    pieces = (data[start : start + PIECE] for start in range(0, len(data), PIECE))
    return ServerReply(200, pieces, {"Content-Type": stored.mime}, len(data))


def build_routes(store: BatchStore) -> tuple[Route, ...]:
    """The routes of one server's batches."""
    version, ident = r"/(?P<version>v1|v1beta)", r"(?P<id>[^/:?]+)"
    return (
        ("POST", rf"{version}/models/{ident}:batchGenerateContent", "batch", partial(create, store)),
        ("GET", rf"{version}/batches", "batches", partial(list_batches, store)),
        ("GET", rf"{version}/batches/{ident}", "batches", partial(get, store)),
        ("POST", rf"{version}/batches/{ident}:cancel", "batches", partial(cancel, store)),
        ("DELETE", rf"{version}/batches/{ident}", "batches", partial(delete, store)),
        ("GET", rf"(?:/download)?{version}/files/{ident}:download", "files", download),
    )
