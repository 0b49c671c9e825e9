# SPDX-License-Identifier: GPL-3.0-or-later
"""Contracts by name.

Providers that speak Gemini's need an entry in `providers` and nothing here; one with another contract is a module with
a class like `GeminiDialect`, and its name in `DIALECTS`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from ...core.request import GenerationRequest
from ...core.result import Answer
from ..gemini.answer import AnswerContext, sort_answer
from ..gemini.encode import build_body
from ..gemini.turn_record import Turn
from ..http.body import Body
from ..providers import Endpoint


class Dialect(Protocol):
    """The differences between contracts. Streaming, timeouts, cancelling and errors are the same for all."""

    def build_url(self, endpoint: Endpoint, model: str) -> str:
        """The address for requests to a model of the catalogue."""
        ...

    def build_body(
        self,
        request: GenerationRequest,
        user_turn: Turn,
        history: Sequence[Turn],
        uploads: Mapping[str, str],
    ) -> Body:
        """The request's body. Raises `InputError`."""
        ...

    def is_picture(self, key: str, parent: str) -> bool:
        """Whether the string under `key`, in the object under `parent`, is an image in base64."""
        ...

    def sort_answer(self, tree: object, user_turn: Turn, context: AnswerContext, tier: str, truncation: str) -> Answer:
        """The parsed answer; images are in the tree as `spool.ReceivedImage`. Raises `NanoBananaError`."""
        ...


class GeminiDialect:
    """`generateContent`, as Google, Vertex AI and most gateways speak it."""

    def build_url(self, endpoint: Endpoint, model: str) -> str:
        """The model's `generateContent`."""
        return endpoint.build_model_url(model, "generateContent")

    def build_body(
        self,
        request: GenerationRequest,
        user_turn: Turn,
        history: Sequence[Turn],
        uploads: Mapping[str, str],
    ) -> Body:
        """Contents, generation configuration, tools."""
        return build_body(request, user_turn, history, uploads)

    def is_picture(self, key: str, parent: str) -> bool:
        """`inlineData.data`; gateways use the older spelling."""
        return key == "data" and parent in ("inlineData", "inline_data")

    def sort_answer(self, tree: object, user_turn: Turn, context: AnswerContext, tier: str, truncation: str) -> Answer:
        """Candidates, prompt feedback, usage."""
        return sort_answer(tree, user_turn, context, tier, truncation)


#: By the name in `Provider.dialect`.
DIALECTS: dict[str, Dialect] = {"gemini": GeminiDialect()}
