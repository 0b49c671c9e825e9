# SPDX-License-Identifier: GPL-3.0-or-later
"""The parts of a successful answer, in the order and shape that is usual.

Those that were seen stand in `docs/dev/gemini-contract.md`, *Answer*.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

from .contract import images, turns
from .contract.parsed_request import ParsedRequest

Part = dict[str, Any]
# serial -> encoded picture; other serials have the same pixels under other credentials
Paint = Callable[[int], bytes]
_THOUGHT_TEXT = "**Planning the picture** I look at the last picture first and keep its outlines."
_ANSWER_TEXT = "Here is your image. Käsekästchen, 猫, 🍌."


class PartBuilder:
    """Makes the parts of one answer and counts the pictures that are billed."""

    def __init__(self, parsed: ParsedRequest, paint: Paint, alter_picture: Callable[[bytes], bytes]) -> None:
        self._parsed, self.paint, self._alter_picture = parsed, paint, alter_picture
        self.picture_count = 0

    def build_parts(self) -> list[Part]:
        """All parts of the answer. ``inlineData.data`` holds bytes."""
        if not self._parsed.wants_image:
            return [self.build_text("An offline server has little to say.")]
        if self._parsed.include_thoughts:
            return [self.build_thought(), self.build_thought_picture(), self.build_text(), self.build_picture()]
        return [self.build_text(), self.build_picture()] if self._parsed.wants_text else [self.build_picture()]

    def build_text(self, text: str = _ANSWER_TEXT) -> Part:
        """A text part; the model signs the first."""
        return {"text": text, "thoughtSignature": turns.sign(self._parsed.model, b"")}

    def build_thought(self) -> Part:
        """A part of the model's thinking."""
        return {"text": _THOUGHT_TEXT, "thought": True}

    def build_picture(self, serial: int = 0) -> Part:
        """The finished picture, signed."""
        return self.sign(self._alter_picture(self.paint(serial)))

    def build_thought_picture(self, number: int = 1) -> Part:
        """An interim picture that is marked as a thought; these carry no signature."""
        from .painting.gallery import make_draft

        return {**self._build_inline_data(make_draft(self.paint(0), number)), "thought": True}

    def sign(self, data: bytes) -> Part:
        """An encoded picture as a part that is signed and billed."""
        self.picture_count += 1
        part = self._build_inline_data(data)
        if self._parsed.model.signs:
            part["thoughtSignature"] = turns.sign(self._parsed.model, data)
        return part

    def _build_inline_data(self, data: bytes) -> Part:
        mime = images.sniff(data) or images.JPEG
        return {"inlineData": {"mimeType": mime, "data": data}}


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


def compute_response_id(digest: str, number: int) -> str:
    """A response's name: the same for the same request at the same place in a session."""
    return hashlib.sha256(f"{digest}/{number}".encode()).hexdigest()[:22]
