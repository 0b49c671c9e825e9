# SPDX-License-Identifier: GPL-3.0-or-later
"""`generateContent`, as Google, Vertex AI and most gateways speak it: one request, one streamed answer."""

from __future__ import annotations

import math
from collections.abc import Mapping

from ..contract.steps import Ask, ContractJob, Reply, Steps, Upload
from .answer import sort_answer
from .encode import build_body


class GeminiContract:
    """Contents, generation configuration and tools out; candidates, prompt feedback and usage back."""

    def steps(self, job: ContractJob, ticket: str = "") -> Steps:
        """Ask once. Nothing can be asked about a request that was sent before."""
        del ticket
        uploads: Mapping[str, str] = {}
        body = build_body(job.request, job.user_turn, job.history, uploads)
        if body.length > job.endpoint.provider.body_limit and job.can_upload:
            uploads = yield Upload((*job.history, job.user_turn))
            body = build_body(job.request, job.user_turn, job.history, uploads)
        reply: Reply = yield Ask(
            "POST",
            job.endpoint.build_model_url(job.request.model, "generateContent"),
            body,
            # A little less than ours, so that the service says that it gave up.
            headers={"X-Server-Timeout": str(max(math.ceil(job.seconds) - 10, 1))},
            generates=True,
            is_picture=is_picture,
            answer_keys=("candidates",),
            earlier_turns=len(job.history),
            uses_files=bool(uploads),
        )
        tier = job.context.redactor.redact_text(reply.headers.get("x-gemini-service-tier", ""))
        return sort_answer(reply.tree, job.user_turn, job.context, tier, reply.truncation)

    def give_up(self, job: ContractJob, ticket: str) -> tuple[Ask, ...]:
        """Nothing stops it: closing the connection is all."""
        del job, ticket
        return ()


def is_picture(key: str, parent: str) -> bool:
    """`inlineData.data`; gateways use the older spelling."""
    return key == "data" and parent in ("inlineData", "inline_data")
