# SPDX-License-Identifier: GPL-3.0-or-later
"""Cases that only these services know; those of errors, connection and damaged pictures work on them as well."""

from __future__ import annotations

from devtools.simulator.script import CaseContext, CaseParameters, case
from devtools.simulator.transport import FaultPlan

from .errors import ServiceError

_DESCRIPTIONS = {
    "moderation": "refused by moderation in the service's own form (stage=input or output)",
    "wrong_pixels": "the picture has other pixels than asked for (size=1024x1024)",
    "follow_picture": "Seedream: the picture's shape is kept instead of the size",
    "sequence_partial": "Seedream: one picture of a sequence is an error",
    "not_activated": "Ark: the model was not activated in the console",
    "ok_error": "a 200 whose body is an error",
    "no_pictures": "a 200 without a picture",
    "links": "the answer has links where pictures were asked for",
    "link_life": "links die after seconds=…",
    "result_host": "links name the host host=localhost instead of the service's",
    "result_redirect": "a link redirects, to=URL for ever or hops=1 times to itself",
    "huge_result": "a link's picture goes on for bytes=1073741824",
    "short_result": "a link announces more bytes than come",
    "html_result": "a link answers with an HTML page",
    "flaky_result": "a link answers 503 once",
    "huge_b64": "the base64 of a picture goes on for bytes=1073741824",
    "polls": "n=… polls find the task unfinished",
    "pending_forever": "the task never ends",
    "task_failed": "the task ends as a failure",
    "task_life": "the task is forgotten after seconds=…",
    "queue_full": "Midjourney: code 23, the queue is full",
    "queued": "Midjourney: code 22, accepted behind others",
    "already_there": "Midjourney: code 21, the same was submitted before",
    "number_id": "Midjourney: the task's id as a JSON number",
    "wrapped_task": "Midjourney: the task inside of result",
    "run_error": "ComfyUI: the first sampler or writer fails (kind=oom or other)",
    "drop_socket": "ComfyUI: the socket closes after frames=3 messages",
    "silent_socket": "ComfyUI: no message about the job comes over the socket",
    "late_history": "ComfyUI: the history shows the job seconds=0.5 after its end",
    "split_frames": "ComfyUI: messages come in fragments, with pings between",
    "lose_file": "ComfyUI: the written file is gone when it is asked for",
}


def _register(name: str, description: str) -> None:
    @case(name, description)
    def action(plan: FaultPlan, parameters: CaseParameters, _context: CaseContext) -> None:
        plan.service[name] = dict(parameters)


for _name, _description in _DESCRIPTIONS.items():
    _register(_name, _description)


@case("rate_limited", "429 with Retry-After (seconds=2)")
def _limit_rate(plan: FaultPlan, parameters: CaseParameters, _context: CaseContext) -> None:
    plan.error = ServiceError(429, "Rate limit reached for this model. Please try again later.")
    plan.headers["Retry-After"] = parameters.get("seconds", "2")


@case("out_of_credit", "the account has no credit left")
def _refuse_credit(plan: FaultPlan, _parameters: CaseParameters, _context: CaseContext) -> None:
    plan.error = ServiceError(402, "Insufficient credits. Add more and try again.", "insufficient_quota")
