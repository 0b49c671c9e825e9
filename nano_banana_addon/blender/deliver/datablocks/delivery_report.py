# SPDX-License-Identifier: GPL-3.0-or-later
"""What a delivery tells: what was made, and what could not be, in words."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class DeliveryReport:
    """The names of what now holds the picture, in the order of the kinds, and notes for the artist."""

    delivered: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(slots=True)
class DeliveryLog:
    """Names and notes while a delivery is in progress; each note is kept once."""

    names: list[str] = field(default_factory=list[str])
    notes: list[str] = field(default_factory=list[str])

    def add_name(self, name: str) -> None:
        """Record what now holds the picture."""
        self.names.append(name)

    def add_note(self, message: str) -> None:
        """Record a sentence for the artist; an empty one is passed over."""
        if message and message not in self.notes:
            self.notes.append(message)

    def report(self) -> DeliveryReport:
        """The frozen form."""
        return DeliveryReport(tuple(self.names), tuple(self.notes))
