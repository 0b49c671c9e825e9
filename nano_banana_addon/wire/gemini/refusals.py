# SPDX-License-Identifier: GPL-3.0-or-later
"""The model's no in words: its reasons, and what helps against each."""

from __future__ import annotations

from ...core.result import Refusal

#: Our own reasons, where the service gives none.
NO_PICTURE = "NO_PICTURE"
TEXT_ONLY = "TEXT_ONLY"
THOUGHTS_ONLY = "THOUGHTS_ONLY"

_SAFETY = "It takes the prompt or a reference for unsafe. Say it more mildly, or replace the reference."
_PROHIBITED = (
    "It takes the prompt or a reference for something that it must not paint (a brand, a known"
    " character or person, protected content). Describe what you want without names."
)
_FORMAL = "The model stumbled over its own answer. Try it once more, or with other words."
_ADVICE = {
    "SAFETY": _SAFETY,
    "IMAGE_SAFETY": _SAFETY,
    "MODEL_ARMOR": _SAFETY,
    "JAILBREAK": _SAFETY,
    "ESCALATION": _SAFETY,
    "PROHIBITED_CONTENT": _PROHIBITED,
    "IMAGE_PROHIBITED_CONTENT": _PROHIBITED,
    "BLOCKLIST": "The prompt holds a word that is blocked. Use another one.",
    "SPII": "The prompt or a reference seems to hold personal data. Leave it out.",
    "RECITATION": "The result would have been too close to an existing work. Be more specific.",
    "IMAGE_RECITATION": (
        "The result would have been too close to an existing picture. Describe more of your own, or try once more."
    ),
    "IMAGE_OTHER": "It could not paint this and does not say why. Rephrase the prompt.",
    "OTHER": "It does not say why. Rephrase the prompt.",
    "NO_IMAGE": "It did not take the prompt for a wish for a picture. Say what to paint.",
    NO_PICTURE: "It ended without a picture and without a reason. Try once more, or rephrase it.",
    TEXT_ONLY: "It answered in words. Say more clearly that you want a picture.",
    THOUGHTS_ONLY: "It made only sketches; they are kept beside the answer. Try once more.",
    "MAX_TOKENS": "It ran out of tokens before the picture. Ask for less, or less thinking.",
    "LANGUAGE": "It does not speak the prompt's language. Write it in English.",
    "MALFORMED_FUNCTION_CALL": _FORMAL,
    "MALFORMED_RESPONSE": _FORMAL,
    "UNEXPECTED_TOOL_CALL": _FORMAL,
    "TOO_MANY_TOOL_CALLS": _FORMAL,
    "MISSING_THOUGHT_SIGNATURE": "Continue with the picture as a reference instead.",
}


def build_refusal(reason: str, message: str) -> Refusal:
    """A refusal with advice; reasons of the future get a general one."""
    advice = _ADVICE.get(reason, f"It gave the reason {reason}. Rephrase the prompt.")
    return Refusal(reason=reason, message=message, advice=advice)


def choose_reason(finish: str, block_reason: str, text: str, thoughts: bool) -> str:
    """Which reason stands for an answer without a result; STOP alone says nothing."""
    if block_reason:
        return block_reason
    if finish not in ("", "STOP", "FINISH_REASON_UNSPECIFIED"):
        return finish
    if thoughts:
        return THOUGHTS_ONLY
    return TEXT_ONLY if text.strip() else NO_PICTURE
