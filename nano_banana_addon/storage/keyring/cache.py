# SPDX-License-Identifier: GPL-3.0-or-later
"""What the keyring holds, read ahead in a thread: panels ask ten times a second, and a keyring may take its time."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field

from .platform_vault import open_vault
from .vault import LONGEST, PATIENCE, KeyringError, Problem, find_obstacle

#: Seconds after which an entry that is asked for is read again, so that a change by another program is seen.
_FRESH = 60.0


@dataclass(frozen=True, slots=True)
class StoredKey:
    """What the keyring holds under a name, left out of its text form; `problem` tells why it holds nothing."""

    key: str = field(default="", repr=False)
    problem: Problem = Problem.NONE


@dataclass(slots=True)
class _Slot:
    entry: StoredKey | None = None
    started: float = 0.0  # monotonic time of the read
    thread: threading.Thread | None = None


_slots: dict[str, _Slot] = {}
_lock = threading.Lock()


def look_up(name: str) -> StoredKey | None:
    """The entry under a name, without waiting: None while it is read for the first time."""
    obstacle = find_obstacle()
    if obstacle is not Problem.NONE:
        return StoredKey(problem=obstacle)
    now = time.monotonic()
    with _lock:
        slot = _slots.setdefault(name, _Slot())
        is_reading = slot.thread is not None and slot.thread.is_alive()
        if not is_reading and (slot.entry is None or now - slot.started > _FRESH):
            slot.started = now
            # A daemon: Blender does not wait for a keyring when it quits.
            slot.thread = threading.Thread(target=_read, args=(slot, name), name="nano-banana-keyring", daemon=True)
            slot.thread.start()
        elif slot.entry is None and now - slot.started > PATIENCE:
            return StoredKey(problem=Problem.SILENT)
        return slot.entry


def wait(name: str, seconds: float) -> StoredKey | None:
    """The same, after waiting for its read at most some seconds. Not for draw()."""
    entry, slot = look_up(name), _slots.get(name)
    if entry is None and slot is not None and slot.thread is not None:
        slot.thread.join(seconds)
        entry = look_up(name)
    return entry


def forget() -> None:
    """Read everything again when it is asked for."""
    with _lock:
        _slots.clear()


def is_reading() -> bool:
    """Whether something is read for the first time, and has time left."""
    with _lock:
        slots = list(_slots.values())
    limit = time.monotonic() - PATIENCE
    return any(slot.entry is None and slot.started > limit for slot in slots)


def keep(name: str, key: str) -> None:
    """Write a key, and read it back. Waits, also for the user; raises `KeyringError`."""
    _require()
    if _parse(key.encode()).key != key:  # it could not be read again
        raise KeyringError(Problem.INVALID)
    with open_vault() as vault:
        vault.write(name, key.encode())
        kept = _parse(vault.read(name, may_ask=False))
    if kept.key != key:
        raise KeyringError(Problem.FAILED)
    _store(name, kept)


def erase(name: str) -> None:
    """Erase a key. Waits, also for the user; raises `KeyringError`."""
    _require()
    with open_vault() as vault:
        vault.erase(name)
    _store(name, StoredKey())


def unlock(name: str) -> StoredKey:
    """Read a key, with the question for the keyring's password. Waits for the user; raises `KeyringError`."""
    _require()
    with open_vault() as vault:
        entry = _parse(vault.read(name, may_ask=True))
    _store(name, entry)
    return entry


def _require() -> None:
    if (obstacle := find_obstacle()) is not Problem.NONE:
        raise KeyringError(obstacle)


def _store(name: str, entry: StoredKey) -> None:
    with _lock:
        _slots[name] = _Slot(entry, time.monotonic())


def _read(slot: _Slot, name: str) -> None:
    """The thread. It writes into its own slot, so that one that ends late changes nothing newer."""
    try:
        with open_vault() as vault:
            slot.entry = _parse(vault.read(name, may_ask=False))
    except KeyringError as error:
        if slot.entry is None or not slot.entry.key:  # a key that was read holds until the keyring says otherwise
            slot.entry = StoredKey(problem=error.problem)


def _parse(secret: bytes | None) -> StoredKey:
    """A key is what a header can hold; anything else that stands under our name is hostile or an accident."""
    if secret is None:
        return StoredKey()
    try:
        key = secret[: LONGEST + 1].decode("ascii").strip()
    except UnicodeDecodeError:
        return StoredKey(problem=Problem.INVALID)
    is_key = key.isprintable() and " " not in key and len(secret) <= LONGEST
    return StoredKey(key) if is_key else StoredKey(problem=Problem.INVALID)
