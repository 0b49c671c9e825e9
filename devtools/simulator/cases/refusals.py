# SPDX-License-Identifier: GPL-3.0-or-later
"""Cases that refuse with HTTP 200 (contract cases 25 to 27)."""

from __future__ import annotations

from typing import Any

from ..script import CaseContext, CaseParameters, case
from ..transport import FaultPlan

_UNABLE = "Unable to show the generated image."
_OTHER = (
    f"{_UNABLE} The model could not generate the image based on the prompt provided. You will not "
    "be charged for this request. Try rephrasing the prompt."
)
_THIRD_PARTY = (
    "Unable to show the generated image due to interests of third-party content providers. Please "
    "edit your prompt and try again. If you think this was an error, send feedback. Support code: "
    "35561574."
)
_SAFETY = (
    f"{_UNABLE} The image was filtered out because it violated Google's Generative AI Prohibited "
    "Use policy. You will not be charged for blocked images. Try rephrasing the prompt."
)
_ABSENT = object()


def _register_refusal(name: str, reason: str, content: Any = _ABSENT, message: str = "", what: str = "") -> None:
    @case(f"refusal_{name}", what or f"finishReason {reason}")
    def action(plan: FaultPlan, parameters: CaseParameters, _context: CaseContext) -> None:
        candidate: dict[str, Any] = {}
        if content is not _ABSENT:
            candidate["content"] = content
        candidate["finishReason"] = parameters.get("reason", reason)
        if message:
            candidate["finishMessage"] = message
        candidate["index"] = 0
        plan.refusal = {"candidates": [candidate]}


_register_refusal("image_other", "IMAGE_OTHER", {}, _OTHER)
_register_refusal("image_prohibited", "IMAGE_PROHIBITED_CONTENT", {"role": "model"}, _THIRD_PARTY)
_register_refusal("image_safety", "IMAGE_SAFETY", {"parts": None}, _SAFETY)
_register_refusal("no_image", "NO_IMAGE")
_register_refusal("prohibited_content", "PROHIBITED_CONTENT", {"role": "model", "parts": []})
_register_refusal("safety", "SAFETY", {})
_register_refusal("max_tokens", "MAX_TOKENS", {"role": "model"}, what="MAX_TOKENS and no picture")
_register_refusal("other", "OTHER")
_register_refusal("blocklist", "BLOCKLIST")
_register_refusal("spii", "SPII")
_register_refusal("malformed", "MALFORMED_RESPONSE")
_register_refusal("unknown", "IMAGE_FUTURE_REASON", {}, what="a finishReason that nobody knows (reason=…)")


@case("refusal_image_recitation", "IMAGE_RECITATION; the second identical call succeeds")
def _refuse_first_call(plan: FaultPlan, _parameters: CaseParameters, context: CaseContext) -> None:
    if context.earlier_calls == 0:
        content: dict[str, Any] = {"parts": []}
        candidate = {"finishReason": "IMAGE_RECITATION", "content": content}
        plan.refusal = {"candidates": [candidate]}


def _register_blocked_prompt(name: str, description: str, candidates: Any) -> None:
    @case(f"blocked_{name}", f"promptFeedback.blockReason with candidates {description} (reason=…)")
    def action(plan: FaultPlan, parameters: CaseParameters, _context: CaseContext) -> None:
        reason = parameters.get("reason", "PROHIBITED_CONTENT")
        plan.refusal = {"promptFeedback": {"blockReason": reason}}
        if candidates is not _ABSENT:
            plan.refusal["candidates"] = candidates


_register_blocked_prompt("absent", "absent", _ABSENT)
_register_blocked_prompt("null", "null", None)
_register_blocked_prompt("empty", "[]", [])


@case("no_candidates", "200 with neither candidates nor feedback")
def _answer_nothing(plan: FaultPlan, _parameters: CaseParameters, _context: CaseContext) -> None:
    plan.refusal = {}


@case("text_only", "STOP with text and no picture (text=…)")
def _answer_with_text(plan: FaultPlan, parameters: CaseParameters, _context: CaseContext) -> None:
    text = parameters.get("text", "I can only describe it in words.")
    content = {"role": "model", "parts": [{"text": text}]}
    plan.refusal = {"candidates": [{"content": content, "finishReason": "STOP", "index": 0}]}


@case("stop_empty", "STOP with an empty list of parts")
def _answer_without_parts(plan: FaultPlan, _parameters: CaseParameters, _context: CaseContext) -> None:
    content: dict[str, Any] = {"role": "model", "parts": []}
    plan.refusal = {"candidates": [{"content": content, "finishReason": "STOP", "index": 0}]}
