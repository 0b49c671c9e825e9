# SPDX-License-Identifier: GPL-3.0-or-later
"""Cases by name: asked for by a test (``Simulator.script``) or by the prompt (``[[sim:name]]``)."""

from __future__ import annotations

import re
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from nano_banana_addon.simulator.call import ServerCall
from nano_banana_addon.simulator.contract.errors import build_bad_request
from nano_banana_addon.simulator.extension import Script
from nano_banana_addon.simulator.generate import GENERATE

from .transport import FaultPlan, Transport

CaseParameters = dict[str, str]


@dataclass(frozen=True)
class CaseContext:
    """What a case may look at. ``secret`` is the key as sent."""

    model: str = ""
    earlier_calls: int = 0  # identical requests before this one
    secret: str = ""


Action = Callable[[FaultPlan, CaseParameters, CaseContext], None]
_DIRECTIVE = re.compile(r"\[\[sim:([^\]\n]+)\]\]\s?")


@dataclass(frozen=True)
class Case:
    """One named behaviour. ``early``: it concerns the way in, before the body is read."""

    name: str
    description: str
    action: Action
    early: bool = False


CASES: dict[str, Case] = {}


def case(name: str, description: str, *, early: bool = False) -> Callable[[Action], Action]:
    """Register a case under *name*."""

    def register(action: Action) -> Action:
        CASES[name] = Case(name, description, action, early)
        return action

    return register


def find_cases(names: str) -> list[Case]:
    """The cases of ``"a"`` or ``"a+b"``; raises ``ValueError`` naming the unknown one."""
    cases: list[Case] = []
    for name in names.split("+"):
        if name not in CASES:
            raise ValueError(f"unknown case {name!r}; Simulator.cases() lists them")
        cases.append(CASES[name])
    return cases


@dataclass
class _Entry:
    cases: list[Case]
    parameters: CaseParameters
    on: str
    remaining: int | None

    @property
    def early(self) -> bool:
        return any(item.early for item in self.cases)


@dataclass(frozen=True)
class CaseSelection:
    """Cases with their parameters, to be applied to one request."""

    cases: tuple[Case, ...] = ()
    parameters: tuple[tuple[str, str], ...] = ()

    def apply(self, plan: FaultPlan, context: CaseContext) -> None:
        """Let each case change *plan*."""
        for item in self.cases:
            item.action(plan, dict(self.parameters), context)


class CaseScript(Script):
    """The queue of cases for the next requests, first in, first out; then those that a prompt asks for."""

    def __init__(self) -> None:
        self._entries: list[_Entry] = []
        self._digest_counts: Counter[str] = Counter()
        self._lock = threading.Lock()

    def plan(self, on: str, call: ServerCall, model: str, prompt: str = "") -> tuple[FaultPlan, str]:
        """The plan that the queued cases and those of the prompt make."""
        plan, context = FaultPlan(), self._build_context(on, call, model)
        plain_prompt, prompt_directives = split_directives(prompt)
        names: list[str] = []
        for selection in (self.take(on, early=False), *select_cases(prompt_directives, context.earlier_calls)):
            try:
                selection.apply(plan, context)
            except ValueError as error:
                raise build_bad_request([("", f"[[sim:…]]: {error}")]) from error
            names += [item.name for item in selection.cases]
        call.note(cases=names)
        return plan, plain_prompt if prompt else prompt

    def _build_context(self, on: str, call: ServerCall, model: str) -> CaseContext:
        secret = call.state.dialect.read_key(call.headers) or ""
        if on != GENERATE:
            return CaseContext(model, 0, secret)
        with self._lock:
            self._digest_counts[call.digest] += 1
            return CaseContext(model, self._digest_counts[call.digest] - 1, secret)

    def receive(self, call: ServerCall, pieces: Iterable[bytes], on: str) -> Iterable[bytes]:
        """The body's pieces, slowed down or cut off as a queued case says."""
        selection = self.take(on, early=True)
        if not selection.cases:
            return pieces
        plan = FaultPlan()
        selection.apply(plan, CaseContext())
        call.note(cases=[item.name for item in selection.cases])
        return _throttle(pieces, plan.transport, call.state.stop_event)

    def add(self, names: str, times: int | None, on: str, parameters: CaseParameters) -> None:
        """Queue *names* for the next *times* requests (None: from now on)."""
        entry = _Entry(find_cases(names), parameters, on, times)
        with self._lock:
            self._entries.append(entry)

    def clear(self) -> None:
        """Forget everything that is queued."""
        with self._lock:
            self._entries.clear()

    def take(self, on: str, *, early: bool) -> CaseSelection:
        """The cases for a request to the route *on*, counting them down."""
        with self._lock:
            for entry in self._entries:
                if entry.on == on and (entry.remaining is None or entry.remaining > 0):
                    return self._take(entry) if entry.early == early else CaseSelection()
        return CaseSelection()

    def _take(self, entry: _Entry) -> CaseSelection:
        if entry.remaining is not None:
            entry.remaining -= 1
            if not entry.remaining:
                self._entries.remove(entry)
        return CaseSelection(tuple(entry.cases), tuple(entry.parameters.items()))


def _throttle(pieces: Iterable[bytes], transport: Transport, stop_event: threading.Event) -> Iterator[bytes]:
    byte_count = 0
    for piece in pieces:
        byte_count += len(piece)
        if transport.fault == "close_in_upload" and byte_count >= transport.pad:
            raise ConnectionError("closed by the script")
        if transport.pause:
            stop_event.wait(len(piece) * transport.pause)
        yield piece


def split_directives(prompt: str) -> tuple[str, list[tuple[str, CaseParameters]]]:
    """Split ``[[sim:name key=value]]`` off the prompt: (prompt without, directives)."""
    result: list[tuple[str, CaseParameters]] = []
    for match in _DIRECTIVE.finditer(prompt):
        name, *rest = match.group(1).split()
        parameters = dict(word.split("=", 1) for word in rest if "=" in word)
        result.append((name, parameters))
    return _DIRECTIVE.sub("", prompt).strip(), result


def plan_by_prompt(prompt: str, context: CaseContext) -> tuple[FaultPlan, str]:
    """The plan that a prompt alone asks for, and the prompt without that."""
    plan = FaultPlan()
    plain_prompt, prompt_directives = split_directives(prompt)
    for selection in select_cases(prompt_directives, 0):
        selection.apply(plan, context)
    return plan, plain_prompt


def select_cases(prompt_directives: list[tuple[str, CaseParameters]], earlier_calls: int) -> list[CaseSelection]:
    """The cases that the prompt asks for; an unknown name is ignored, ``times`` is honoured."""
    selections: list[CaseSelection] = []
    for names, parameters in prompt_directives:
        try:
            cases = find_cases(names)
        except ValueError:
            continue
        times = parameters.get("times", "")
        if not times.isdigit() or earlier_calls < int(times):
            selections.append(CaseSelection(tuple(cases), tuple(parameters.items())))
    return selections


def parse_seconds(text: str) -> float:
    """``"1.5s"`` or ``"1.5"`` -> 1.5."""
    return float(text.removesuffix("s"))
