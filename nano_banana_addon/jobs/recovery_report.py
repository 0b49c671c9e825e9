# SPDX-License-Identifier: GPL-3.0-or-later
"""What a start finds of earlier work."""

from __future__ import annotations

from dataclasses import dataclass

from ..core.result import Generation


@dataclass(frozen=True, slots=True)
class RecoveryReport:
    """Generations of Blenders that are gone, by what is known of them. Each only once.

    `not_sent` can be sent (`Store.ask_again` is not needed, `CourierLink.submit` takes them) or
    deleted; `unknown` may have been billed: ask again or give up, with pictures where some had
    arrived; `received` were painted and not delivered. `elsewhere` are under way in living
    couriers.
    """

    not_sent: tuple[Generation, ...] = ()
    unknown: tuple[Generation, ...] = ()
    received: tuple[Generation, ...] = ()
    elsewhere: tuple[Generation, ...] = ()

    def __bool__(self) -> bool:
        """Whether there is anything to tell the user."""
        return bool(self.not_sent or self.unknown or self.received)
