# SPDX-License-Identifier: GPL-3.0-or-later
"""The calls of the Batch API (contract case 37).

A batch goes one step on each time it is looked at: PENDING, RUNNING, then its end. Its pictures
are painted at the last step.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

from . import generate, jsonout, parse, replies
from .batch import ENDED, Batch, Entry, line_error
from .call import Call
from .errors import ApiError, invalid
from .files_api import page_of
from .plan import Circumstances, Plan, Reply
from .scripting import directives, from_prompt
from .trees import Tree, child, children

_END_OF_TROUBLE = {"batch_failed": "FAILED", "batch_expired": "EXPIRED"}


def create(call: Call, model: str) -> Reply:
    """``:batchGenerateContent``, with inline requests or an uploaded JSONL file."""
    request = call.message(call.json("batch"), "BatchRequest")
    generate.find_model(call.world, model, call.version, "batchGenerateContent")
    wanted = child(request, "batch")
    source = child(wanted, "inputConfig")
    if bool(source.get("fileName")) == bool(source.get("requests")):
        raise invalid("Exactly one of input_config.file_name and input_config.requests is needed.")
    from_file = bool(source.get("fileName"))
    entries = _from_file(call, source["fileName"]) if from_file else _inline(source["requests"])
    if not entries:
        raise invalid("The batch holds no requests.")
    batch = call.world.batches.add(call.key, model, wanted.get("displayName", ""), entries, from_file=from_file)
    batch.trouble = call.batch_case
    return replies.reply_with_tree(batch.operation())


def _inline(requests: Tree) -> list[Entry]:
    return [
        Entry({"metadata": item["metadata"]} if "metadata" in item else {}, item.get("request"))
        for item in children(requests, "requests")
    ]


def _from_file(call: Call, name: str) -> list[Entry]:
    stored = call.world.files.get(name, call.key)
    entries: list[Entry] = []
    with stored.path.open("rb") as lines:
        for number, line in enumerate(lines, 1):
            if line.strip():
                entries.append(_line(line, number))
    return entries


def _line(line: bytes, number: int) -> Entry:
    try:
        item: Any = json.loads(line)
        return Entry({"key": item["key"]}, item["request"])
    except (ValueError, KeyError, TypeError) as error:
        raise invalid(f"Line {number} of the batch file is not a keyed request.") from error


def get(call: Call, ident: str) -> Reply:
    """``GET batches/{id}``: the batch, one step on."""
    batch = call.world.batches.get(ident, call.key)
    with call.world.lock:
        earlier = batch.state
        if earlier == "PENDING":
            batch.state = "RUNNING"
    if earlier == "RUNNING":
        _end(call, batch)
    return replies.reply_with_tree(batch.operation())


def _end(call: Call, batch: Batch) -> None:
    ending = _END_OF_TROUBLE.get(batch.trouble, "SUCCEEDED")
    if ending == "SUCCEEDED":
        results = [_result(call, batch, entry) for entry in batch.entries]
        batch.failed = sum("error" in result for result in results)
        batch.output = _output(call, batch, results)
    batch.state = ending


def _output(call: Call, batch: Batch, results: list[Tree]) -> Tree:
    if not batch.from_file:
        return {"inlinedResponses": {"inlinedResponses": results}}
    # The order of the lines is not promised: here it is never that of the requests.
    lines = [b"".join(jsonout.write(result, indent=None)) for result in reversed(results)]
    data = b"\n".join(lines) + b"\n"
    stored = call.world.files.put(call.key, "application/jsonl", data)
    return {"responsesFile": stored.name}


def _result(call: Call, batch: Batch, entry: Entry) -> Tree:
    try:
        return {"response": _response(call, batch, entry.request), **entry.name}
    except ApiError as error:
        return {"error": line_error(error), **entry.name}


def _response(call: Call, batch: Batch, raw: Any) -> Tree:
    request = raw
    if batch.from_file:
        request = parse.parse(raw, "GenerateContentRequest", call.version)
    model = generate.find_model(call.world, batch.model, call.version)
    asked = generate.understand(call.world, call.key, model, request or {})
    plan = Plan()
    asked.prompt, found = directives(asked.prompt)
    for chosen in from_prompt(found, 0):
        chosen.apply(plan, Circumstances(model.id))
    if plan.error is not None:
        raise plan.error
    digest = hashlib.sha256(f"{batch.name}/{asked.prompt}".encode()).hexdigest()
    return generate.result(call.world, asked, plan, digest)


def list_batches(call: Call) -> Reply:
    """``GET batches``: pages of operations."""
    batches = call.world.batches.list_batches(call.key)
    size, first = page_of(call, 20, 100)
    tree: Tree = {"operations": [batch.operation() for batch in batches[first : first + size]]}
    if first + size < len(batches):
        tree["nextPageToken"] = str(first + size)
    return replies.reply_with_tree(tree)


def cancel(call: Call, ident: str) -> Reply:
    """``POST batches/{id}:cancel``."""
    batch = call.world.batches.get(ident, call.key)
    if batch.state not in ENDED:
        batch.state = "CANCELLED"
    return replies.reply_with_tree({})


def delete(call: Call, ident: str) -> Reply:
    """``DELETE batches/{id}``."""
    call.world.batches.delete(call.world.batches.get(ident, call.key))
    return replies.reply_with_tree({})
