# SPDX-License-Identifier: GPL-3.0-or-later
"""The legal transitions between states.

The state that the worker process records before each step can be interpreted after a crash: BLOCKED, QUEUED and WAITING
were certainly not sent (again), SENDING and later may have been billed.
"""

from __future__ import annotations

from ...core.constants import ACTIVE_STATES, END_STATES, State
from ...core.errors import ErrorKind, NanoBananaError

_OUTCOMES = END_STATES | {State.WAITING}
_BY_THE_USER = frozenset({State.QUEUED, State.BLOCKED})
#: Of an answer that was found after all: it is paid for, whatever was decided without it.
_ANSWERED = frozenset({State.DONE, State.REFUSED})

LEGAL: dict[State, frozenset[State]] = {
    State.BLOCKED: frozenset({State.QUEUED, State.REFUSED, State.CANCELLED, State.FAILED}),
    # DONE: its image came with the answer of another.
    State.QUEUED: frozenset({State.SENDING, State.WAITING, State.CANCELLED, State.FAILED, State.DONE}),
    State.WAITING: frozenset({State.SENDING, State.QUEUED, State.CANCELLED, State.FAILED}),
    State.SENDING: _OUTCOMES | {State.GENERATING, State.RECEIVING},
    State.GENERATING: _OUTCOMES | {State.RECEIVING},
    State.RECEIVING: _OUTCOMES,
    # Resent or dismissed by the user, or asked for once more by its ticket.
    State.UNKNOWN: _ANSWERED | {State.QUEUED, State.BLOCKED, State.CANCELLED, State.GENERATING},
    State.REFUSED: _BY_THE_USER,
    State.FAILED: _BY_THE_USER | _ANSWERED,
    State.CANCELLED: _BY_THE_USER | _ANSWERED,
    State.DONE: frozenset(),
}

#: The request may be sent or answered: after a crash that is unknown.
PERHAPS_SENT = frozenset({State.SENDING, State.GENERATING, State.RECEIVING})
#: Nothing of the current attempt was sent.
NOT_SENT = frozenset({State.BLOCKED, State.QUEUED, State.WAITING})
#: And nothing else has to end first.
SENDABLE = NOT_SENT - {State.BLOCKED}
#: `ACTIVE_STATES` as a list in SQL: 'QUEUED', 'SENDING' …
SQL_ACTIVE = ", ".join(f"'{state}'" for state in sorted(ACTIVE_STATES))


def check(id: str, before: State, after: State) -> None:
    """Raise INTERNAL for an illegal transition."""
    if after is not before and after not in LEGAL[before]:
        raise NanoBananaError(
            ErrorKind.INTERNAL,
            f"The generation {id} is {before.value}, it cannot become {after.value}.",
        )


def perhaps_billed(state: State, sent: float, failure: ErrorKind | None, http_status: int | None) -> bool:
    """Whether an attempt that ended without an answer may have been billed.

    The service bills nothing for an error status (its billing FAQ). An answer that was interrupted, cancelled after the
    request, or could not be kept, may be billed.
    """
    if state is State.UNKNOWN:
        return True
    if state not in {State.FAILED, State.CANCELLED} or not sent:
        return False
    return failure is ErrorKind.CANCELLED or http_status is None or http_status == 200
