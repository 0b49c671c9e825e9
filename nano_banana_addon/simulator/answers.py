# SPDX-License-Identifier: GPL-3.0-or-later
"""The parts of a successful answer, in every order and shape that was seen.

The shapes stand in `docs/dev/gemini-contract.md`, *Answer*.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

from . import images, spoilt, turns
from .asked import Asked
from .plan import Plan

Part = dict[str, Any]
# serial -> encoded picture; other serials have the same pixels under other credentials
Paint = Callable[[int], bytes]
_THOUGHT = "**Planning the picture** I look at the last picture first and keep its outlines."
_SAID = "Here is your image. Käsekästchen, 猫, 🍌."


class Easel:
    """Makes the parts of one answer and counts the pictures that are billed."""

    def __init__(self, asked: Asked, plan: Plan, paint: Paint) -> None:
        self._asked, self._plan, self._paint = asked, plan, paint
        self.billed = 0

    def parts(self) -> list[Part]:
        """All parts of the answer. ``inlineData.data`` holds bytes."""
        if not self._asked.image_wanted:
            return [self.text("An offline server has little to say.")]
        shape = self._plan.shape or self._usual()
        return _SHAPES[shape](self)

    def _usual(self) -> str:
        if self._asked.include_thoughts:
            return "thoughts"
        return "text_image" if self._asked.text_wanted else "image_only"

    def text(self, text: str = _SAID) -> Part:
        """A text part; the model signs the first."""
        return {"text": text, "thoughtSignature": turns.sign(self._asked.model, b"")}

    def thought(self) -> Part:
        """A part of the model's thinking."""
        return {"text": _THOUGHT, "thought": True}

    def picture(self, serial: int = 0) -> Part:
        """The finished picture, signed."""
        return self._sign(spoilt.spoil(self._paint(serial), self._plan.spoil))

    def draft(self, number: int) -> Part:
        """An interim picture that looks like a result: signed, not marked as a thought."""
        from .painting.gallery import draft_of

        return self._sign(draft_of(self._paint(0), number))

    def thought_picture(self, number: int = 1) -> Part:
        """An interim picture that is marked as a thought; these carry no signature."""
        from .painting.gallery import draft_of

        return {**self._inline(draft_of(self._paint(0), number)), "thought": True}

    def drafts(self) -> int:
        """How many drafts the case asks for."""
        return int(self._plan.extra.get("drafts", "2"))

    def _sign(self, data: bytes) -> Part:
        self.billed += 1
        part = self._inline(data)
        if self._asked.model.signs:
            part["thoughtSignature"] = turns.sign(self._asked.model, data)
        return part

    def _inline(self, data: bytes) -> Part:
        mime = self._plan.label or images.sniff(data) or images.JPEG
        return {"inlineData": {"mimeType": mime, "data": data}}


def _drafts(easel: Easel) -> list[Part]:
    drafts = [easel.draft(number) for number in range(1, easel.drafts() + 1)]
    return [*drafts, easel.picture()]


def _with_unknown(easel: Easel) -> list[Part]:
    future = {"hologram": {"uri": "x"}, "confidence": 0.5}
    return [future, {"text": "", "novelty": [1, {"a": None}]}, {**easel.picture(), "depth": 3}]


_SHAPES: dict[str, Callable[[Easel], list[Part]]] = {
    "image_only": lambda easel: [easel.picture()],
    "bare_content": lambda easel: [easel.picture()],
    "text_image": lambda easel: [easel.text(), easel.picture()],
    "image_text": lambda easel: [easel.picture(), easel.text()],
    "thoughts": lambda easel: [*(easel.thought(), easel.thought_picture(), easel.text(), easel.picture())],
    "draft_unmarked": _drafts,
    "twice": lambda easel: [easel.picture(0), easel.picture(1)],
    "interleaved": lambda easel: [*(easel.text("First:"), easel.draft(1), easel.text("Then:"), easel.picture())],
    "only_thoughts": lambda easel: [easel.thought(), easel.thought_picture()],
    "unknown_fields": _with_unknown,
}


def build_grounding() -> dict[str, Any]:
    """Sources of a grounded answer: web and image (contract case 24)."""
    web = {"uri": "https://example.com/page", "title": "A page", "domain": "example.com"}
    image = {
        "sourceUri": "https://example.com/gallery",
        "imageUri": "https://example.com/gallery/1.jpg",
        "title": "A picture",
        "domain": "example.com",
    }
    return {
        "webSearchQueries": ["weather in Lisbon"],
        "imageSearchQueries": ["Lisbon tram"],
        "searchEntryPoint": {"renderedContent": "<div class='chip'>weather in Lisbon</div>"},
        "groundingChunks": [{"web": web}, {"image": image}],
        "groundingSupports": [{"segment": {"endIndex": 4}, "groundingChunkIndices": [0]}],
    }


def response_id(digest: str, number: int) -> str:
    """A response's name: the same for the same request at the same place in a session."""
    return hashlib.sha256(f"{digest}/{number}".encode()).hexdigest()[:22]
