# SPDX-License-Identifier: GPL-3.0-or-later
"""How far a run is, by what the server says on its WebSocket."""

from __future__ import annotations

from collections.abc import Iterable

from ..services.parts import as_list, as_mapping
from .graph import Graph

#: What the samplers of a graph take of the whole.
_SAMPLING = 0.8
_ENDS = ("execution_success", "execution_error", "execution_interrupted")
#: Before a preview's file: the number of its event, and of its format.
_PREVIEW, _HEAD = (0, 0, 0, 1), 8


class RunProgress:
    """One job's share of done nodes and steps; `image` is the latest preview, `has_ended` once its end was heard of."""

    def __init__(self, ident: str) -> None:
        self.image = b""
        self.has_ended = False
        self._ident = ident
        self._weights: dict[str, float] = {}
        self._done: dict[str, float] = {}
        self._current = ""

    @property
    def fraction(self) -> float:
        """0 ... 1; 0 while nothing is known."""
        return min(sum(self._weights.get(node, 0.0) * done for node, done in self._done.items()), 1.0)

    def weigh(self, graph: Graph) -> None:
        """Learn which nodes there are: samplers take most of the time."""
        names = {ident: str(as_mapping(node).get("class_type")).lower() for ident, node in graph.items()}
        samplers = [ident for ident, name in names.items() if "sampler" in name and not name.endswith("select")]
        share = _SAMPLING if samplers else 0.0
        others = (1.0 - share) / max(len(names) - len(samplers), 1)
        self._weights = {ident: share / len(samplers) if ident in samplers else others for ident in names}

    def read(self, messages: Iterable[object]) -> bool:
        """Take messages in; whether any was about this job. Others tell of the queue, or of somebody else's."""
        return any([self._read(message) for message in messages])

    def _read(self, message: object) -> bool:
        if isinstance(message, bytes):
            is_preview = tuple(message[:4]) == _PREVIEW
            self.image = message[_HEAD:] if is_preview else self.image
            return is_preview
        kind, data = as_mapping(message).get("type"), as_mapping(as_mapping(message).get("data"))
        if data.get("prompt_id") != self._ident:
            return False
        node, value, largest = str(data.get("node") or ""), data.get("value"), data.get("max")
        if kind == "execution_cached":
            self._done |= {str(ident): 1.0 for ident in as_list(data.get("nodes"))}
        elif kind == "executing":
            self._done |= {self._current: 1.0}
            self._current = node
        elif kind == "progress" and isinstance(value, (int, float)) and isinstance(largest, (int, float)) and largest:
            self._done[node] = min(max(value / largest, 0.0), 1.0)
        self.has_ended = self.has_ended or kind in _ENDS or (kind == "executing" and not node)
        return True
