# SPDX-License-Identifier: GPL-3.0-or-later
"""An order that is asked for until it is done: FLUX and Midjourney (docs/dev/polling-contract.md)."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

from ...core.errors import ErrorKind, NanoBananaError
from ..contract.steps import Ask, ContractJob, Keep, Reply, Steps, Tell, Wait, ask
from ..http.body import build_json_body
from . import parts

_FIRST_WAIT, _LONGEST_WAIT = 0.5, 3.0


class FluxContract:
    """Black Forest Labs, and CometAPI's copy of it. There is no cancel."""

    def steps(self, job: ContractJob, ticket: str = "") -> Steps:
        """Order, keep where to ask, ask until it is ready, fetch."""
        if not ticket:
            reply = yield from ask(_post(f"{parts.get_path(job)}/{parts.get_model_id(job)}", self._build_tree(job)))
            ticket = self._build_ticket(reply, job)
            yield Keep(ticket)
        plain = json.loads(ticket)
        wait = _FIRST_WAIT
        while True:
            reply = yield from ask(Ask("GET", plain["path"], accepts=(404,), answer_keys=("status",)))
            status = reply.get_text("status")
            if status == "Ready":
                break
            if status not in ("Pending", "Reasoning", "Generating", "Processing"):
                raise _explain_status(status, reply)
            progress = reply.get("progress")
            yield Tell(float(progress) if isinstance(progress, (int, float)) else 0.0)
            yield Wait(wait)
            wait = min(wait * 1.5, _LONGEST_WAIT)
        url = reply.get_text("result", "sample")
        if not url:
            raise NanoBananaError(ErrorKind.ANSWER, "The answer holds no image.")
        return (yield from parts.fetch_all([url], job, plain["usd"]))

    def give_up(self, job: ContractJob, ticket: str) -> tuple[Ask, ...]:
        """Nothing stops it: it is billed when it is taken."""
        del job, ticket
        return ()

    def _build_tree(self, job: ContractJob) -> dict[str, Any]:
        width, height = parts.find_pixels(job)
        blobs = [parts.build_data_uri(picture) for picture in parts.list_pictures(job)]
        names = ["input_image", *(f"input_image_{number}" for number in range(2, len(blobs) + 1))]
        images = dict(zip(names, blobs, strict=False))
        more = parts.drop_unset(seed=job.request.seed, output_format="png")
        return {"prompt": job.user_turn.text, "width": width, "height": height, **more, **images}

    def _build_ticket(self, reply: Reply, job: ContractJob) -> str:
        """Where to ask: at the address that came back if it is the service's own, else at the gateway's."""
        ident, url, cost = reply.get_text("id"), reply.get_text("polling_url"), reply.get("cost")
        if not ident:
            raise NanoBananaError(
                ErrorKind.UNKNOWN_RESULT, "The service named no order.", detail=reply.get_text("detail")
            )
        path = f"{parts.get_path(job)}/get_result?id={quote(ident, safe='')}"
        usd = cost / 100 if isinstance(cost, (int, float)) else None
        return json.dumps({"path": url if url and job.endpoint.is_own(url) else path, "usd": usd})


class MidjourneyContract:
    """CometAPI's unofficial automation. Every submission is a 200; `code` tells what became of it."""

    def steps(self, job: ContractJob, ticket: str = "") -> Steps:
        """Submit, keep the task's id, ask until it is done, fetch the grid of four."""
        path = parts.get_path(job)
        if not ticket:
            uris = [parts.build_data_uri(picture) for picture in parts.list_pictures(job)]
            tree = parts.drop_unset(prompt=job.user_turn.text, botType="MID_JOURNEY", base64Array=uris)
            reply = yield from ask(_post(f"{path}/submit/imagine", tree))
            ticket = _read_submission(reply)
            yield Keep(ticket)
        wait = _FIRST_WAIT
        while True:
            reply = yield from ask(Ask("GET", f"/mj/task/{quote(ticket, safe='')}/fetch"))
            task = reply.get("result") if isinstance(reply.get("result"), dict) else reply.tree
            reply = Reply(reply.status, reply.headers, task)
            status = reply.get_text("status")
            if status == "SUCCESS":
                break
            if status in ("FAILURE", "FAILED", "CANCEL", "MODAL") or reply.get("code") == 3:
                raise _explain_failure(reply)
            yield Tell(_read_percent(reply.get_text("progress")))
            yield Wait(wait)
            wait = min(wait * 1.5, _LONGEST_WAIT)
        url = reply.get_text("imageUrl")
        if not url:
            raise NanoBananaError(ErrorKind.ANSWER, "The answer holds no image.")
        return (yield from parts.fetch_all([url], job))

    def give_up(self, job: ContractJob, ticket: str) -> tuple[Ask, ...]:
        """Nothing stops it; it is billed."""
        del job, ticket
        return ()


def _post(path: str, tree: dict[str, Any]) -> Ask:
    return Ask("POST", path, build_json_body(tree), generates=True)


def _explain_status(status: str, reply: Reply) -> NanoBananaError:
    if status in ("Request Moderated", "Content Moderated"):
        reasons = ", ".join(map(str, parts.as_list(reply.get("details", "Moderation Reasons"))))
        return NanoBananaError(ErrorKind.REFUSED, detail=f"{status}: {reasons}".rstrip(": "), reason="MODERATION")
    if status == "Task not found":
        message = "The service has forgotten the order; what it generated is lost."
        return NanoBananaError(ErrorKind.ANSWER, message, next_step="Send it again: it is billed again.")
    detail = reply.get_text("details", "error") or status
    return NanoBananaError(ErrorKind.REQUEST, "The service failed to generate this.", detail=detail[:500])


def _read_submission(reply: Reply) -> str:
    """The task's id. Raises `NanoBananaError` by the code of a submission that was not taken."""
    code, words, ident = reply.get("code"), reply.get_text("description"), reply.get_text("result")
    if code in (1, 21, 22) and ident:
        return ident
    if code == 24:
        raise NanoBananaError(ErrorKind.REFUSED, detail=words, reason="BLOCKLIST")
    kind = {23: ErrorKind.CAPACITY, 4: ErrorKind.REQUEST}.get(code, ErrorKind.SERVER)
    raise NanoBananaError(kind, detail=words[:500], http_status=503)


def _explain_failure(reply: Reply) -> NanoBananaError:
    words = reply.get_text("failReason") or reply.get_text("description") or reply.get_text("status")
    if "moderat" in words.lower() or "banned" in words.lower():
        return NanoBananaError(ErrorKind.REFUSED, detail=words[:500], reason="MODERATION")
    return NanoBananaError(ErrorKind.REQUEST, "The service failed to generate this.", detail=words[:500])


def _read_percent(text: str) -> float:
    digits = text.removesuffix("%")
    return min(float(digits) / 100, 1.0) if digits.isdecimal() else 0.0
