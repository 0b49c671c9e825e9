# SPDX-License-Identifier: GPL-3.0-or-later
"""The queue and the one thread that works it off: cache, history, messages, interrupts."""

from __future__ import annotations

import heapq
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from devtools.simulator.transport import FaultPlan
from nano_banana_addon.simulator.contract.json_access import Tree

from .messages import Reporter
from .run import GraphRun, Painting
from .values import Interrupted, RunError


@dataclass(order=True)
class Job:
    """One prompt in the queue."""

    number: float
    id: str
    graph: Tree = field(compare=False)
    extra: Tree = field(compare=False)
    outputs: list[str] = field(compare=False)
    plan: FaultPlan = field(compare=False)
    started: int = field(default=0, compare=False)

    def to_entry(self) -> list[Any]:
        """The job as ``/queue`` and the history show it."""
        return [self.number, self.id, self.graph, self.extra, self.outputs]


def get_milliseconds() -> int:
    """The time as the server writes it."""
    return int(time.time() * 1000)


class Engine:
    """Everything that is queued, runs and has run. ``paint_for`` gives a run what it paints with."""

    def __init__(self, reporter: Reporter, paint_for: Callable[[Job], Painting]) -> None:
        self.reporter = reporter
        self.history: dict[str, Tree] = {}
        self.running: Job | None = None
        self.interrupt = threading.Event()
        self._paint_for = paint_for
        self._pending: list[Job] = []
        self._changed = threading.Condition()
        self._cache: dict[str, Any] = {}
        self._thread: threading.Thread | None = None

    def put(self, job: Job, stop_event: threading.Event) -> None:
        """Queue a job; the thread starts with the first."""
        with self._changed:
            heapq.heappush(self._pending, job)
            self._changed.notify()
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._work, args=(stop_event,), daemon=True, name="comfyui")
                self._thread.start()
        self.reporter.tell_status(self.count())

    def count(self) -> int:
        """Jobs that are queued or run."""
        return len(self._pending) + (self.running is not None)

    def list_pending(self) -> list[Job]:
        """The queue as it lies, not sorted."""
        return list(self._pending)

    def delete(self, ident: str) -> bool:
        """Take a pending job out. Nobody is told, and nothing of it is kept."""
        with self._changed:
            kept = [job for job in self._pending if job.id != ident]
            found = len(kept) < len(self._pending)
            self._pending[:] = kept
            heapq.heapify(self._pending)
        if found:
            self.reporter.tell_status(self.count())
        return found

    def clear(self) -> None:
        """Take all pending jobs out."""
        with self._changed:
            self._pending.clear()
        self.reporter.tell_status(self.count())

    def stop(self, ident: str = "") -> bool:
        """Interrupt what runs, if it is *ident* or "" for any."""
        running = self.running
        if running is None or ident not in ("", running.id):
            return False
        self.interrupt.set()
        return True

    def forget(self) -> None:
        """As after a restart: no queue, no history, nothing in the cache."""
        self.interrupt.set()
        self.clear()
        self.history.clear()
        self._cache.clear()

    def _work(self, stop_event: threading.Event) -> None:
        while not stop_event.is_set():
            with self._changed:
                if not self._pending:
                    self._changed.wait(0.05)
                    continue
                job = heapq.heappop(self._pending)
                self.running = job
            self.interrupt.clear()
            self.reporter.tell_status(self.count())
            self._run(job)

    def _run(self, job: Job) -> None:
        """Run one job to its end and put it into the history."""
        job.started = get_milliseconds()
        told = self.reporter.begin(job)
        run = GraphRun(job.graph, self._cache, told, self._paint_for(job))
        status, messages = "error", told.kept
        told.keep("execution_start", {"prompt_id": job.id, "timestamp": job.started})
        try:
            cached = run.prepare(job.outputs)
            told.keep("execution_cached", {"nodes": cached, "prompt_id": job.id, "timestamp": get_milliseconds()})
            run.execute(job.outputs)
            told.keep("execution_success", {"prompt_id": job.id, "timestamp": get_milliseconds()})
            status = "success"
        except Interrupted:
            about = {"prompt_id": job.id, **run.describe_position(), "timestamp": get_milliseconds()}
            told.keep("execution_interrupted", about)
        except RunError as error:
            told.keep("execution_error", run.describe_error(job.id, error, get_milliseconds()))
        outcome = {"status_str": status, "completed": status == "success", "messages": messages}
        shown = run.shown if status == "success" else {}
        meta = {
            ident: {"node_id": ident, "display_node": ident, "parent_node": None, "real_node_id": ident}
            for ident in shown
        }
        entry = {"prompt": job.to_entry(), "outputs": shown, "status": outcome, "meta": meta}
        self._finish(job, entry)
        told.end()

    def _finish(self, job: Job, entry: Tree) -> None:
        late = job.plan.service.get("late_history")
        if late is None:
            self.history[job.id] = entry
        else:
            seconds = float(late.get("seconds", "0.5"))
            threading.Timer(seconds, self.history.__setitem__, (job.id, entry)).start()
        self.running = None
        self.reporter.tell_status(self.count())
