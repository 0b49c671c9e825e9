# SPDX-License-Identifier: GPL-3.0-or-later
"""ComfyUI: images are uploaded, a graph is queued under an id of our own, its history is asked until it has ended.

The id is kept before the graph is sent, so that after a crash the server can be asked whether it arrived.
"""

from __future__ import annotations

import uuid
from collections.abc import Generator, Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any, cast
from urllib.parse import quote, urlencode

from ...core import models
from ...core.errors import ErrorKind, NanoBananaError
from ...core.result import Answer
from .. import errors
from ..contract.pictures import build_answer
from ..contract.spool import ReceivedImage
from ..contract.steps import Ask, ContractJob, Keep, Reply, Step, Steps, Tell, ask, fetch, listen
from ..http.body import build_json_body
from ..services.parts import as_list, as_mapping
from . import runs
from .graph import Graph, NodeClasses, rename_image
from .order import Plan, list_uploads, plan_default, plan_workflow

#: Seconds between two questions, growing from the first to the last.
_FIRST_PAUSE = 0.1
_LONGEST_PAUSE = 1.0
#: How often neither queue nor history may know a job that was in them, for a second in all, since the history may lag;
#: and one that was not, for five seconds: after a crash the server may still be checking its graph.
_MISSES, _FIRST_MISSES = 6, 10
#: Images of one result that are fetched.
_MOST_IMAGES = 16

Exchange = Generator[Step, Any, Reply]


class ComfyUiContract:
    """A server of the artist's own, or of somebody on the same network."""

    def steps(self, job: ContractJob, ticket: str = "") -> Steps:
        """Upload, keep the id, queue, follow, fetch; with a ticket follow and fetch."""
        if ticket:
            return (yield from _follow(job, ticket))
        ask_classes = _ask_classes if (yield from _find_server(job)) else _ask_nothing
        prepare = plan_workflow if models.find(job.request.model).own_workflow else plan_default
        plan = yield from prepare(job, ask_classes)
        yield from _upload(job, plan)
        ident = str(uuid.uuid4())
        yield Keep(_build_ticket(ident, plan))
        yield from listen(_get_socket(ident), 0.0)  # before there is anything to miss
        ticket, was_taken = yield from _queue(job, ident, plan)
        return (yield from _follow(job, ticket, was_seen=was_taken))

    def give_up(self, job: ContractJob, ticket: str) -> tuple[Ask, ...]:
        """A waiting one is deleted; a running one is stopped before its next node or step."""
        del job
        ident = ticket.partition(" ")[0]
        delete, stop = build_json_body({"delete": [ident]}), build_json_body({"prompt_id": ident})
        return (Ask("POST", "/queue", delete), Ask("POST", "/interrupt", stop))


def _build_ticket(ident: str, plan: Plan) -> str:
    return f"{ident} {plan.output}"


def _find_server(job: ContractJob) -> Generator[Step, Any, bool]:
    """Whether ComfyUI answers; False where nothing does because nothing is sent. Raises `NanoBananaError`."""
    address = job.endpoint.base_url
    try:
        reply = yield from ask(Ask("GET", "/system_stats"))
    except NanoBananaError as error:
        if error.kind is ErrorKind.NETWORK:
            next_step = "Start ComfyUI (on another computer with --listen), or correct the address in the preferences."
            message = f"No ComfyUI answers at {address}."
            raise NanoBananaError(error.kind, message, next_step=next_step, detail=error.detail) from None
        if error.kind not in (ErrorKind.ANSWER, ErrorKind.MODEL, ErrorKind.REQUEST, ErrorKind.PERMISSION):
            raise
        raise _build_foreign(address, error.detail) from None
    if reply.tree and not reply.get_text("system", "comfyui_version"):
        raise _build_foreign(address, "")
    return bool(reply.tree)


def _build_foreign(address: str, detail: str) -> NanoBananaError:
    message = f"What answers at {address} is not ComfyUI, or does not let its API be used."
    next_step = "Correct the address in the preferences; ComfyUI's own is http://127.0.0.1:8188."
    return NanoBananaError(ErrorKind.REQUEST, message, next_step=next_step, detail=detail)


def _ask_classes(names: Iterable[str]) -> Generator[Step, Any, NodeClasses]:
    """What the server says of some node classes; those that it lacks are left out."""
    classes: dict[str, Any] = {}
    for name in names:
        reply = yield from ask(Ask("GET", f"/object_info/{quote(name, safe='')}"))
        if isinstance(reply.tree, dict):
            classes |= cast("dict[str, Any]", reply.tree)
    return classes


def _ask_nothing(_names: Iterable[str]) -> Generator[Step, Any, None]:
    """For a preview: no server is asked, nothing is known of it."""
    yield from ()


def _upload(job: ContractJob, plan: Plan) -> Generator[Step, Any, None]:
    """Bring the references to the server. The names that it returns count, and go into the graph."""
    for name, body, content_type in list_uploads(job.request):
        reply = yield from ask(Ask("POST", "/upload/image", body, content_type))
        folder, given = reply.get_text("subfolder"), reply.get_text("name")
        rename_image(plan.graph, name, f"{folder}/{given}" if folder and given else given or name)


def _queue(job: ContractJob, ident: str, plan: Plan) -> Generator[Step, Any, tuple[str, bool]]:
    """Queue the graph; returns the ticket, and whether it is certain that the server has it.

    Raises `NanoBananaError` for a graph that is refused.
    """
    entries = {"prompt": plan.graph, "prompt_id": ident, "client_id": ident}
    body = build_json_body({**entries, "extra_data": {"preview_method": "latent2rgb"}})
    try:
        reply = yield from ask(Ask("POST", "/prompt", body, generates=True, accepts=(400,)))
    except NanoBananaError as error:
        if error.kind is ErrorKind.UNKNOWN_RESULT:  # whether it arrived, the queue says
            return _build_ticket(ident, plan), False
        if error.http_status == 500:
            message = "ComfyUI could not read the workflow."
            next_step = "Export it again in API format, from the version of ComfyUI that runs it."
            kind, detail = ErrorKind.REQUEST, runs.hide_paths(error.detail)
            raise NanoBananaError(kind, message, next_step=next_step, detail=detail, http_status=500) from None
        raise
    if reply.status == 400 or _is_left_out(reply, plan.output):
        raise runs.build_refusal(reply, plan.graph, job.context.redactor)
    given = reply.get_text("prompt_id")
    if given and given != ident:  # a server that is too old for ids of our own
        yield Keep(_build_ticket(given, plan))
    return _build_ticket(given or ident, plan), True


def _is_left_out(reply: Reply, output: str) -> bool:
    """Whether the part of the graph that gives the result was refused, and another was not."""
    entries = as_mapping(reply.get("node_errors"))
    dependents = [as_list(as_mapping(report).get("dependent_outputs")) for report in entries.values()]
    return output in entries or any(output in names for names in dependents)


def _follow(job: ContractJob, ticket: str, *, was_seen: bool = False) -> Steps:
    """Wait for the end of a job, and fetch its images."""
    ident, _, output = ticket.partition(" ")
    pause, misses, progress = _FIRST_PAUSE, 0, runs.RunProgress(ident)
    while True:
        history = yield from ask(Ask("GET", f"/history/{quote(ident, safe='')}"))
        entry: object = history.get(ident)
        if isinstance(entry, dict):
            return (yield from _finish(job, cast("dict[str, Any]", entry), output))
        before, graph = _find_in_queue((yield from ask(Ask("GET", "/queue"))), ident)
        misses = misses + 1 if before is None else 0
        if misses >= (_MISSES if was_seen else _FIRST_MISSES):
            raise _build_lost(job, was_seen)
        if before is not None:
            was_seen = True
            progress.weigh(graph)
            yield Tell(progress.fraction, place=before + 1 if before else 0)
        yield from _watch(progress, ident, pause)
        pause = min(pause * 1.5, _LONGEST_PAUSE)


def _watch(progress: runs.RunProgress, ident: str, pause: float) -> Generator[Step, Any, None]:
    """Listen until the job has ended, or for some seconds nothing is heard of it: then the queue knows."""
    while progress.read((yield from listen(_get_socket(ident), pause))) and not progress.has_ended:
        yield Tell(progress.fraction, image=progress.image)
        progress.image = b""


def _get_socket(ident: str) -> str:
    return f"/ws?clientId={quote(ident, safe='')}"


def _find_in_queue(queue: Reply, ident: str) -> tuple[int | None, Graph]:
    """How many jobs come before one, 0 for a running one, with its graph; None where it is not in the queue."""
    running, pending = (_list_entries(queue.get(name)) for name in ("queue_running", "queue_pending"))
    mine = next((entry for entry in (*running, *pending) if entry[1] == ident), None)
    if mine is None:
        return None, {}
    before = 0 if mine in running else len(running) + sum(entry[0] < mine[0] for entry in pending)
    return before, runs.read_graph({"prompt": mine})


def _list_entries(value: object) -> list[list[Any]]:
    entries = [as_list(entry) for entry in as_list(value)]
    return [entry for entry in entries if len(entry) > 1 and isinstance(entry[0], (int, float))]


def _build_lost(job: ContractJob, was_seen: bool) -> NanoBananaError:
    if not was_seen:
        return errors.build_never_arrived(job.endpoint.provider.label)
    message = "The image was deleted from ComfyUI's queue, or its server was restarted."
    return NanoBananaError(ErrorKind.CANCELLED, message, next_step="Send it again.", http_status=404)


def _finish(job: ContractJob, entry: Mapping[str, Any], output: str) -> Steps:
    """The answer of a job that has ended."""
    messages = runs.read_messages(entry)
    if messages.keys() & {"execution_error", "execution_interrupted"}:
        if runs.is_out_of_memory(messages):
            with suppress(NanoBananaError):
                yield from ask(Ask("POST", "/free", build_json_body({"unload_models": True, "free_memory": True})))
        raise runs.build_run_error(messages, runs.read_graph(entry), job.context.redactor)
    images: list[ReceivedImage] = []
    for image in runs.list_images(entry, output)[-_MOST_IMAGES:]:
        place = {name: str(image.get(name, "")) for name in ("filename", "subfolder", "type")}
        images.append((yield from _fetch(job, place)))
    if not images:
        message = "The workflow ended without an image."
        raise NanoBananaError(ErrorKind.ANSWER, message, next_step="Check which of its nodes gives the result.")
    context = job.context
    if job.request.workflow:  # its images are as large as it makes them
        context = replace(context, request=replace(context.request, aspect_ratio="?"))
    answer: Answer = build_answer(images, context, billed_usd=0.0)
    return answer


def _fetch(job: ContractJob, place: Mapping[str, str]) -> Generator[Step, Any, ReceivedImage]:
    try:
        return (yield from fetch(job.endpoint.resolve_path(f"/view?{urlencode(place)}"), own=True))
    except NanoBananaError as error:
        if error.kind is not ErrorKind.ANSWER or "HTTP" not in error.detail:
            raise
        message = f"ComfyUI repeated an earlier result whose file {place['filename']} is not there any more."
        raise NanoBananaError(ErrorKind.ANSWER, message, next_step="Change the seed, or restart ComfyUI.") from None
