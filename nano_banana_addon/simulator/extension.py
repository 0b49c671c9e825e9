# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the server can be extended: another dialect of the API, answers that are changed, further routes.

What ships is Google's Developer API without faults; the tests extend it (``devtools/simulator``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .contract.decode import decode
from .contract.errors import ApiError
from .contract.json_access import Tree
from .contract.parsed_request import ParsedRequest
from .contract.plan import AnswerPlan, ServerReply

KEY_HEADER = "x-goog-api-key"
#: Takes a ``ServerCall`` and the id in the path.
Handler = Callable[[Any, str], ServerReply]
#: Method, path as a pattern, what it is for, and who answers.
Route = tuple[str, str, str, Handler]


class ServiceDialect:
    """Google's Developer API; another one overrides what it does otherwise."""

    name = "google"
    mime = "image/jpeg"
    has_files = True

    def read_key(self, headers: Mapping[str, str]) -> str | None:
        """The key as it was sent, or None."""
        return headers.get(KEY_HEADER)

    def check_key(self, headers: Mapping[str, str], query: Mapping[str, str]) -> None:
        """Raise the service's error for a key; Offline takes any key, and none."""

    def select_routes(self, routes: Sequence[Route]) -> Sequence[Route]:
        """The routes that the service has."""
        return routes

    def check_route(self, on: str) -> None:
        """Raise the service's error for something that it does not serve."""

    def resolve_model(self, name: str) -> str:
        """The catalogue's id of a model, "" for a retired one. May raise the service's error for an unknown one."""
        return name

    def parse(self, tree: Any, _name: str, _version: str) -> Tree:
        """A body as the message of that name. The add-on only sends what the service knows: nothing is checked here."""
        return decode(tree)

    def check_turns(self, turns: list[Tree]) -> None:
        """Raise the service's error for turns that only it refuses."""

    def check_file(self, uri: str) -> None:
        """Raise the service's error for a file that it cannot read."""

    def read_mime_type(self, _config: Tree) -> str:
        """The type of image that a request asks for, "" where none is named."""
        return ""

    def translate_body_error(self, error: ApiError) -> ApiError:
        """An error of a body that is too large, as the service says it."""
        return error

    def translate_error(self, error: ApiError, _request_id: str) -> tuple[int, Tree]:
        """HTTP status and body of an error."""
        return error.code, error.to_envelope()


class Script:
    """What changes answers; this one changes nothing."""

    def plan(self, _on: str, _call: Any, _model: str, prompt: str = "") -> tuple[AnswerPlan, str]:
        """The plan for a ``ServerCall``, and the prompt as the model sees it."""
        return AnswerPlan(), prompt

    def receive(self, call: Any, pieces: Iterable[bytes], _on: str) -> Iterable[bytes]:
        """The body's pieces on their way in."""
        del call
        return pieces


class Observer:
    """What is told of each ``ServerCall``; this one keeps nothing."""

    def begin(self, call: Any) -> None:
        """A call came in."""

    def note(self, call: Any, **facts: Any) -> None:
        """Something was found out about it, from the length of its body to the status of its answer."""

    def end(self, call: Any) -> None:
        """A call is over, however it ended."""

    def bill(self, parsed: ParsedRequest, pictures: int, counts: Tree) -> None:
        """An answer was made that the service would have charged for."""


@dataclass
class Extension:
    """All of it."""

    dialect: ServiceDialect = field(default_factory=ServiceDialect)
    script: Script = field(default_factory=Script)
    observer: Observer = field(default_factory=Observer)
    routes: tuple[Route, ...] = ()
