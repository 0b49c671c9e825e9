# SPDX-License-Identifier: GPL-3.0-or-later
"""Events of the session, so that it need not know the features that react to them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Generic, ParamSpec

if TYPE_CHECKING:
    from ..core.result import Generation


Parameters = ParamSpec("Parameters")


class Event(Generic[Parameters]):
    """Calls its listeners, in the order in which they were connected."""

    def __init__(self) -> None:
        self._listeners: list[Callable[Parameters, object]] = []

    def connect(self, listener: Callable[Parameters, object]) -> None:
        """Call `listener` at each event. Connecting one twice has no effect."""
        if listener not in self._listeners:
            self._listeners.append(listener)

    def emit(self, *values: Parameters.args, **named: Parameters.kwargs) -> None:
        """Call all listeners."""
        for listener in tuple(self._listeners):
            listener(*values, **named)

    def clear(self) -> None:
        """Forget all listeners."""
        self._listeners.clear()


#: A generation of this session has come to an end, of whatever kind.
generation_ended: Event[[Generation]] = Event()
#: A result was delivered to the open file.
result_delivered: Event[[Generation]] = Event()
#: A result was delivered by itself when it arrived, not by a button.
result_arrived: Event[[Generation]] = Event()
#: The history has changed as a whole (an import, a clean-up).
history_changed: Event[[]] = Event()
