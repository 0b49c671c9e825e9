# SPDX-License-Identifier: GPL-3.0-or-later
"""Tasks that are asked for until they are done: how far they are is counted in polls, so that tests need no clock."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from devtools.simulator.transport import FaultPlan

from .service import Order

#: How often a task is still unfinished, unless the case ``polls`` says otherwise.
POLLS = 2


@dataclass
class Task:
    """One task of the caller *owner*; ``state`` is what its service keeps of it."""

    id: str
    owner: str
    order: Order
    plan: FaultPlan
    until: float
    polls: int = 0
    state: dict[str, Any] = field(default_factory=dict[str, Any])

    @property
    def polls_needed(self) -> float:
        """How many polls find it unfinished."""
        if "pending_forever" in self.plan.service:
            return float("inf")
        return int(self.plan.service.get("polls", {}).get("n", POLLS))

    @property
    def progress(self) -> float:
        """The share that is done, 0 to 1."""
        return min(1.0, self.polls / (self.polls_needed + 1))


class TaskStore:
    """The tasks of one server."""

    def __init__(self, make_id: Callable[[int], str], life: float) -> None:
        self._make_id, self._life = make_id, life
        self._numbers = itertools.count(1)
        self._tasks: dict[str, Task] = {}
        self._lock = threading.Lock()

    def add(self, owner: str, order: Order, plan: FaultPlan) -> Task:
        """A new task; ``task_life`` shortens its life."""
        life = float(plan.service.get("task_life", {}).get("seconds", self._life))
        with self._lock:
            task = Task(self._make_id(next(self._numbers)), owner, order, plan, time.monotonic() + life)
            self._tasks[task.id] = task
        return task

    def find(self, ident: str, owner: str | None = None) -> Task | None:
        """A task (of *owner*, if one is named), None for an unknown, expired or foreign one."""
        task = self._tasks.get(ident)
        is_foreign = task is not None and owner not in (None, task.owner)
        return None if task is None or is_foreign or time.monotonic() >= task.until else task

    def poll(self, ident: str, owner: str) -> Task | None:
        """Like ``find``, and one poll nearer to its end."""
        task = self.find(ident, owner)
        if task is not None:
            with self._lock:
                task.polls += 1
        return task

    def count_open(self, owner: str) -> int:
        """How many of the owner's tasks are not finished."""
        with self._lock:
            return sum(task.owner == owner and task.progress < 1 for task in self._tasks.values())

    def expire(self) -> None:
        """Let all tasks grow older than their life."""
        with self._lock:
            for task in self._tasks.values():
                task.until = 0.0
