# SPDX-License-Identifier: GPL-3.0-or-later
"""Refusals of the model: the reasons it names, with advice for each."""

from __future__ import annotations

from ...core.result import Refusal

#: Our own reasons, where the service gives none.
NO_PICTURE = "NO_PICTURE"
TEXT_ONLY = "TEXT_ONLY"
THOUGHTS_ONLY = "THOUGHTS_ONLY"

_SAFETY = "The prompt or a reference was judged unsafe. Rephrase it, or replace the reference."
_PROHIBITED = (
    "The prompt or a reference was judged to show something that must not be generated (a brand, a known"
    " character or person, protected content). Describe what you want without names."
)
_FORMAL = "The model returned a malformed answer. Try again, or rephrase the prompt."
_ADVICE = {
    "SAFETY": _SAFETY,
    "IMAGE_SAFETY": _SAFETY,
    "MODEL_ARMOR": _SAFETY,
    "JAILBREAK": _SAFETY,
    "ESCALATION": _SAFETY,
    "PROHIBITED_CONTENT": _PROHIBITED,
    "IMAGE_PROHIBITED_CONTENT": _PROHIBITED,
    "BLOCKLIST": "The prompt contains a blocked word. Use another one.",
    "SPII": "The prompt or a reference seems to contain personal data. Remove it.",
    "RECITATION": "The result would have been too close to an existing work. Be more specific.",
    "IMAGE_RECITATION": ("The result would have been too close to an existing image. Be more specific, or try again."),
    "IMAGE_OTHER": "The model could not generate this and gave no reason. Rephrase the prompt.",
    "OTHER": "The model gave no reason. Rephrase the prompt.",
    "NO_IMAGE": "The model did not understand the prompt as a request for an image. Describe the image to generate.",
    NO_PICTURE: "The model returned no image and no reason. Try again, or rephrase the prompt.",
    TEXT_ONLY: "The model answered with text only. State clearly that you want an image.",
    THOUGHTS_ONLY: "The model returned only drafts, which are kept with the answer. Try again.",
    "MAX_TOKENS": "The model ran out of tokens before the image. Simplify the prompt, or reduce Thinking.",
    "LANGUAGE": "The model does not support the prompt's language. Write it in English.",
    "MALFORMED_FUNCTION_CALL": _FORMAL,
    "MALFORMED_RESPONSE": _FORMAL,
    "UNEXPECTED_TOOL_CALL": _FORMAL,
    "TOO_MANY_TOOL_CALLS": _FORMAL,
    "MODERATION": _SAFETY,
    "MISSING_THOUGHT_SIGNATURE": "Continue with the image as a reference instead.",
}


def build_refusal(reason: str, message: str) -> Refusal:
    """A refusal with advice; unknown reasons get a general one."""
    advice = _ADVICE.get(reason, f"The model gave the reason {reason}. Rephrase the prompt.")
    return Refusal(reason=reason, message=message, advice=advice)


def choose_reason(finish: str, block_reason: str, text: str, thoughts: bool) -> str:
    """The reason for an answer without a result; STOP alone says nothing."""
    if block_reason:
        return block_reason
    if finish not in ("", "STOP", "FINISH_REASON_UNSPECIFIED"):
        return finish
    if thoughts:
        return THOUGHTS_ONLY
    return TEXT_ONLY if text.strip() else NO_PICTURE
