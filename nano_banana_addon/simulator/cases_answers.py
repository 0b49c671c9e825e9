# SPDX-License-Identifier: GPL-3.0-or-later
"""Cases that bend a success: parts, size, type, usage (contract cases 19 to 24)."""

from __future__ import annotations

from .plan import AnswerPlan, CaseContext
from .scripting import CaseParameters, case

_SHAPES = {
    "image_only": "one picture, no text",
    "text_image": "text, then the picture",
    "image_text": "the picture, then text",
    "thoughts": "thought text, thought picture, then text and the picture",
    "draft_unmarked": "drafts (drafts=2) that are not marked as thoughts, then the picture",
    "twice": "the picture twice: same pixels, other content credentials; both billed",
    "interleaved": "text, picture, text, picture",
    "only_thoughts": "STOP with nothing but thought pictures",
    "bare_content": "the content has no role",
}


def _register_shape(name: str, description: str) -> None:
    @case(name, description)
    def action(plan: AnswerPlan, parameters: CaseParameters, _context: CaseContext) -> None:
        plan.shape = name
        plan.extra.update(parameters)


for _name, _description in _SHAPES.items():
    _register_shape(_name, _description)


@case("wrong_size", "the picture comes smaller than asked (size=1K)")
def _shrink_picture(plan: AnswerPlan, parameters: CaseParameters, _context: CaseContext) -> None:
    plan.size = parameters.get("size", "1K")


@case("wrong_label", "says image/png (mime=…) but the bytes are what they are")
def _mislabel_picture(plan: AnswerPlan, parameters: CaseParameters, _context: CaseContext) -> None:
    plan.label = parameters.get("mime", "image/png")


@case("no_usage", "an answer without usageMetadata")
def _omit_usage(plan: AnswerPlan, _parameters: CaseParameters, _context: CaseContext) -> None:
    plan.usage = "none"


@case("usage_strings", "the numbers of usageMetadata as strings")
def _send_usage_as_strings(plan: AnswerPlan, _parameters: CaseParameters, _context: CaseContext) -> None:
    plan.usage = "strings"


@case("grounding", "groundingMetadata with web and image sources, asked for or not")
def _add_grounding(plan: AnswerPlan, _parameters: CaseParameters, _context: CaseContext) -> None:
    plan.grounding = True


@case("unknown_fields", "fields and part kinds that nobody knows yet")
def _add_unknown_fields(plan: AnswerPlan, _parameters: CaseParameters, _context: CaseContext) -> None:
    plan.shape = "unknown_fields"


def _register_damage(name: str, description: str) -> None:
    @case(name, description)
    def action(plan: AnswerPlan, _parameters: CaseParameters, _context: CaseContext) -> None:
        plan.damage = name


_register_damage("not_an_image", "inlineData that holds text, labelled as JPEG")
_register_damage("truncated_image", "the picture's second half is missing")
_register_damage("decompression_bomb", "a small PNG of 30 000 x 30 000 pixels")
_register_damage("bad_base64", "inlineData that is not base64")
_register_damage("empty_data", "inlineData with an empty string")
