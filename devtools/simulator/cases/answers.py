# SPDX-License-Identifier: GPL-3.0-or-later
"""Cases that change a success: parts, size, type, usage (contract cases 19 to 24)."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from nano_banana_addon.simulator.answers import Part, PartBuilder, build_grounding
from nano_banana_addon.simulator.contract.json_access import Tree
from nano_banana_addon.simulator.painting.gallery import make_draft

from .. import damage
from ..script import CaseContext, CaseParameters, case
from ..transport import FaultPlan

_DESCRIPTIONS = {
    "image_only": "one picture, no text",
    "text_image": "text, then the picture",
    "image_text": "the picture, then text",
    "thoughts": "thought text, thought picture, then text and the picture",
    "twice": "the picture twice: same pixels, other content credentials; both billed",
    "interleaved": "text, picture, text, picture",
    "only_thoughts": "STOP with nothing but thought pictures",
}


def _build_draft(builder: PartBuilder, number: int) -> Part:
    """An interim picture that looks like a result: signed, not marked as a thought."""
    return builder.sign(make_draft(builder.paint(0), number))


def _build_drafts(builder: PartBuilder, drafts: int = 2) -> list[Part]:
    parts = [_build_draft(builder, number) for number in range(1, drafts + 1)]
    return [*parts, builder.build_picture()]


def _build_unknown_fields(builder: PartBuilder) -> list[Part]:
    future = {"hologram": {"uri": "x"}, "confidence": 0.5}
    return [future, {"text": "", "novelty": [1, {"a": None}]}, {**builder.build_picture(), "depth": 3}]


_SHAPES: dict[str, Callable[[PartBuilder], list[Part]]] = {
    "image_only": lambda builder: [builder.build_picture()],
    "text_image": lambda builder: [builder.build_text(), builder.build_picture()],
    "image_text": lambda builder: [builder.build_picture(), builder.build_text()],
    "thoughts": lambda builder: [
        *(builder.build_thought(), builder.build_thought_picture(), builder.build_text(), builder.build_picture())
    ],
    "twice": lambda builder: [builder.build_picture(0), builder.build_picture(1)],
    "interleaved": lambda builder: [
        *(builder.build_text("First:"), _build_draft(builder, 1), builder.build_text("Then:"), builder.build_picture())
    ],
    "only_thoughts": lambda builder: [builder.build_thought(), builder.build_thought_picture()],
    "unknown_fields": _build_unknown_fields,
}


def _register_shape(name: str, description: str, build_parts: Callable[[PartBuilder], list[Part]]) -> None:
    @case(name, description)
    def action(plan: FaultPlan, _parameters: CaseParameters, _context: CaseContext) -> None:
        plan.build_parts = build_parts


for _name, _description in _DESCRIPTIONS.items():
    _register_shape(_name, _description, _SHAPES[_name])
_register_shape("unknown_fields", "fields and part kinds that nobody knows yet", _build_unknown_fields)


@case("draft_unmarked", "drafts (drafts=2) that are not marked as thoughts, then the picture")
def _send_drafts(plan: FaultPlan, parameters: CaseParameters, _context: CaseContext) -> None:
    plan.build_parts = partial(_build_drafts, drafts=int(parameters.get("drafts", "2")))


@case("bare_content", "the content has no role")
def _omit_role(plan: FaultPlan, _parameters: CaseParameters, _context: CaseContext) -> None:
    plan.build_parts = _SHAPES["image_only"]
    plan.alter_answer.append(lambda tree: _content(tree).pop("role", None))


def _content(tree: Tree) -> Tree:
    return tree["candidates"][0]["content"] if tree.get("candidates") else {}


def _inline_data(tree: Tree) -> list[Tree]:
    return [part["inlineData"] for part in _content(tree).get("parts", ()) if "inlineData" in part]


@case("wrong_size", "the picture comes smaller than asked (size=1K)")
def _shrink_picture(plan: FaultPlan, parameters: CaseParameters, _context: CaseContext) -> None:
    plan.size = parameters.get("size", "1K")


@case("wrong_label", "says image/png (mime=…) but the bytes are what they are")
def _mislabel_picture(plan: FaultPlan, parameters: CaseParameters, _context: CaseContext) -> None:
    def alter(tree: Tree) -> None:
        for data in _inline_data(tree):
            data["mimeType"] = parameters.get("mime", "image/png")

    plan.alter_answer.append(alter)


@case("no_usage", "an answer without usageMetadata")
def _omit_usage(plan: FaultPlan, _parameters: CaseParameters, _context: CaseContext) -> None:
    plan.alter_answer.append(lambda tree: tree.pop("usageMetadata", None))


@case("usage_strings", "the numbers of usageMetadata as strings")
def _send_usage_as_strings(plan: FaultPlan, _parameters: CaseParameters, _context: CaseContext) -> None:
    def alter(tree: Tree) -> None:
        counts: Tree = tree["usageMetadata"]
        # As 64-bit numbers travel in proto3 JSON.
        counts.update({name: str(value) for name, value in counts.items() if isinstance(value, int)})

    plan.alter_answer.append(alter)


@case("grounding", "groundingMetadata with web and image sources, asked for or not")
def _add_grounding(plan: FaultPlan, _parameters: CaseParameters, _context: CaseContext) -> None:
    plan.alter_answer.append(lambda tree: tree["candidates"][0].update(groundingMetadata=build_grounding()))


def _register_damage(name: str, description: str) -> None:
    @case(name, description)
    def action(plan: FaultPlan, _parameters: CaseParameters, _context: CaseContext) -> None:
        plan.alter_picture = partial(damage.damage, kind=name)
        plan.alter_answer.append(_write_broken_base64)


def _write_broken_base64(tree: Tree) -> None:
    for image in _inline_data(tree):
        if image["data"] == damage.NOT_BASE64:
            image["data"] = "**not base64**"


_register_damage("not_an_image", "inlineData that holds text, labelled as JPEG")
_register_damage("truncated_image", "the picture's second half is missing")
_register_damage("decompression_bomb", "a small PNG of 30 000 x 30 000 pixels")
_register_damage("bad_base64", "inlineData that is not base64")
_register_damage("empty_data", "inlineData with an empty string")
