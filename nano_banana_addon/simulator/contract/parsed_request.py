# SPDX-License-Identifier: GPL-3.0-or-later
"""What a valid request asks for, gathered from its checked parts."""

from __future__ import annotations

from dataclasses import dataclass, field

from .models import Model


@dataclass
class InputPicture:
    """An input picture: its bytes, its type, and whether the user or the model brought it."""

    data: bytes
    mime: str
    from_user: bool = True


@dataclass
class ParsedRequest:
    """A generation as the server understood it. Sizes in pixels."""

    model: Model
    prompt: str = ""
    pictures: list[InputPicture] = field(default_factory=list[InputPicture])
    ratio: str = "1:1"
    size: str = "1K"
    width: int = 0
    height: int = 0
    wants_text: bool = True
    wants_image: bool = True
    include_thoughts: bool = False
    search: bool = False
    max_output: int | None = None
    text_length: int = 0  # characters of all text in the request
    tier: str = "standard"
    seed: int = 0
    mime: str = ""  # of the painted picture, where the request may choose it

    def count_prompt_tokens(self) -> tuple[int, int]:
        """(text tokens, image tokens) of the request: about four characters to a token."""
        images = len(self.pictures) * self.model.image_tokens_in
        return max(1, (self.text_length + 3) // 4), images

    def count_image_tokens(self) -> int:
        """Tokens that one returned picture costs."""
        return self.model.tokens.get(self.size, 0)
