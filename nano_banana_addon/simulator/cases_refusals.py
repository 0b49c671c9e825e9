# SPDX-License-Identifier: GPL-3.0-or-later
"""Cases that refuse with HTTP 200 (contract cases 25 to 27)."""

from __future__ import annotations

from typing import Any

from .plan import Circumstances, Plan
from .scripting import Parameters, case

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


def _refusal(name: str, reason: str, content: Any = _ABSENT, message: str = "", what: str = "") -> None:
    @case(f"refusal_{name}", what or f"finishReason {reason}")
    def action(plan: Plan, given: Parameters, _about: Circumstances) -> None:
        candidate: dict[str, Any] = {}
        if content is not _ABSENT:
            candidate["content"] = content
        candidate["finishReason"] = given.get("reason", reason)
        if message:
            candidate["finishMessage"] = message
        candidate["index"] = 0
        plan.refusal = {"candidates": [candidate]}


_refusal("image_other", "IMAGE_OTHER", {}, _OTHER)
_refusal("image_prohibited", "IMAGE_PROHIBITED_CONTENT", {"role": "model"}, _THIRD_PARTY)
_refusal("image_safety", "IMAGE_SAFETY", {"parts": None}, _SAFETY)
_refusal("no_image", "NO_IMAGE")
_refusal("prohibited_content", "PROHIBITED_CONTENT", {"role": "model", "parts": []})
_refusal("safety", "SAFETY", {})
_refusal("max_tokens", "MAX_TOKENS", {"role": "model"}, what="MAX_TOKENS and no picture")
_refusal("other", "OTHER")
_refusal("blocklist", "BLOCKLIST")
_refusal("spii", "SPII")
_refusal("malformed", "MALFORMED_RESPONSE")
_refusal("unknown", "IMAGE_FUTURE_REASON", {}, what="a finishReason that nobody knows (reason=…)")


@case("refusal_image_recitation", "IMAGE_RECITATION; the second identical call succeeds")
def _recitation(plan: Plan, _given: Parameters, about: Circumstances) -> None:
    if about.earlier == 0:
        content: dict[str, Any] = {"parts": []}
        candidate = {"finishReason": "IMAGE_RECITATION", "content": content}
        plan.refusal = {"candidates": [candidate]}


def _block_prompt(name: str, how: str, candidates: Any) -> None:
    @case(f"blocked_{name}", f"promptFeedback.blockReason with candidates {how} (reason=…)")
    def action(plan: Plan, given: Parameters, _about: Circumstances) -> None:
        reason = given.get("reason", "PROHIBITED_CONTENT")
        plan.refusal = {"promptFeedback": {"blockReason": reason}}
        if candidates is not _ABSENT:
            plan.refusal["candidates"] = candidates


_block_prompt("absent", "absent", _ABSENT)
_block_prompt("null", "null", None)
_block_prompt("empty", "[]", [])


@case("no_candidates", "200 with neither candidates nor feedback")
def _answer_nothing(plan: Plan, _given: Parameters, _about: Circumstances) -> None:
    plan.refusal = {}


@case("text_only", "STOP with text and no picture (text=…)")
def _text_only(plan: Plan, given: Parameters, _about: Circumstances) -> None:
    text = given.get("text", "I can only describe it in words.")
    content = {"role": "model", "parts": [{"text": text}]}
    plan.refusal = {"candidates": [{"content": content, "finishReason": "STOP", "index": 0}]}


@case("stop_empty", "STOP with an empty list of parts")
def _stop_empty(plan: Plan, _given: Parameters, _about: Circumstances) -> None:
    content: dict[str, Any] = {"role": "model", "parts": []}
    plan.refusal = {"candidates": [{"content": content, "finishReason": "STOP", "index": 0}]}
