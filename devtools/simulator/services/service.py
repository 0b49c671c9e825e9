# SPDX-License-Identifier: GPL-3.0-or-later
"""A service as a dialect of the server: its routes, who may call, and a paid call from its body to its answer."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from devtools.simulator.records import BillingEntry, Recorder
from devtools.simulator.script import CaseParameters
from devtools.simulator.transport import FaultPlan
from nano_banana_addon.simulator import replies
from nano_banana_addon.simulator.call import ServerCall
from nano_banana_addon.simulator.contract.errors import ApiError
from nano_banana_addon.simulator.contract.json_access import Tree
from nano_banana_addon.simulator.contract.plan import ServerReply
from nano_banana_addon.simulator.extension import Handler, Route, ServiceDialect
from nano_banana_addon.simulator.generate import GENERATE

from .errors import ServiceError
from .fields import to_plain

JSON_ONLY = "application/json"


@dataclass(frozen=True)
class PaidCall(BillingEntry):
    """One call that costs: in dollars, with the digest of its body and the task that it began.

    A local server's calls are recorded too, at no price: they must not be made twice either.
    """

    usd: float = 0.0
    digest: str = ""
    task: str = ""


@dataclass
class Order:
    """What one call asks for, checked; ``images`` as the painter takes them, the structure last."""

    model: str
    prompt: str
    images: tuple[bytes, ...] = ()
    width: int = 1024
    height: int = 1024
    count: int = 1
    mime: str = "image/png"
    seed: int = 0
    usd: float = 0.0
    more: dict[str, Any] = field(default_factory=dict[str, Any])


Respond = Callable[[Order, FaultPlan], ServerReply]


def route(method: str, path: str, on: str, handler: Handler) -> Route:
    """A route without a version in its path."""
    return (method, f"(?P<version>){path}", on, handler)


def guard_route(found: Route, free: frozenset[str], admit: Callable[[ServerCall], None]) -> Route:
    """*found*, whose handler first asks *admit*, unless it is free."""
    method, path, on, handler = found

    def handle(call: ServerCall, ident: str) -> ServerReply:
        admit(call)
        return handler(call, ident)

    return found if on in free else (method, path, on, handle)


def _answer_elsewhere(_call: ServerCall, _ident: str) -> ServerReply:
    raise ServiceError(404, "Not Found")


_ELSEWHERE = tuple(route(method, "/.*", "elsewhere", _answer_elsewhere) for method in ("GET", "POST"))


class ImageService(ServiceDialect):
    """What the services share; each overrides keys, routes and errors. ``free`` are routes that need no key."""

    mime = "image/png"
    has_files = False
    free: frozenset[str] = frozenset({"result", "elsewhere"})

    def __init__(self, keys: frozenset[str] | None, retired: frozenset[str]) -> None:
        del retired
        self.keys = keys
        self.routes: tuple[Route, ...] = ()

    def select_routes(self, routes: Sequence[Route]) -> Sequence[Route]:
        """Its own, and none of Google's; for all else its own 404."""
        del routes
        return [guard_route(found, self.free, self.admit) for found in (*self.routes, *_ELSEWHERE)]

    def read_key(self, headers: Mapping[str, str]) -> str | None:
        """A bearer token."""
        kind, _, key = headers.get("authorization", "").partition(" ")
        return key if kind.lower() == "bearer" and key else None

    def admit(self, call: ServerCall) -> None:
        """Raise the service's own error for a wrong key and for none."""
        key = self.read_key(call.headers)
        if self.keys is not None and (not key or key not in self.keys):
            raise self.build_key_error(key)

    def build_key_error(self, key: str | None) -> ApiError:
        """No key, or a wrong one."""
        return ServiceError(401, "Invalid credentials" if key else "No credentials", "invalid_api_key")

    def build_moderation_error(self, stage: str) -> ApiError:
        """A refusal of the prompt, a picture ("input") or of what was painted ("output")."""
        return ServiceError(400, f"The {stage} was flagged by moderation.", "content_policy_violation")


def read_tree(call: ServerCall, on: str = GENERATE) -> Tree:
    """The JSON object of a body, every string as text; remembered without its pictures."""
    if JSON_ONLY not in call.headers.get("content-type", ""):
        raise ServiceError(415, "The body must be application/json.", "unsupported_media_type")
    tree = call.read_json(on)
    call.note(json=tree)
    if not isinstance(tree, dict):
        raise ServiceError(400, "The body must be a JSON object.", "invalid_request")
    return to_plain(tree)


def plan_call(call: ServerCall, order: Order) -> FaultPlan:
    """How the call is answered; the order's prompt loses what was meant for the server."""
    plan, order.prompt = call.state.extension.script.plan(GENERATE, call, order.model, order.prompt)
    call.note(prompt=order.prompt)
    assert isinstance(plan, FaultPlan)
    return plan


def answer_order(call: ServerCall, order: Order, respond: Respond) -> ServerReply:
    """The reply to a checked order: as its plan says, else as *respond* makes it."""
    plan = plan_call(call, order)
    if plan.raw is not None:
        reply = plan.raw
    elif plan.error is not None:
        reply = replies.reply_with_error(plan.error, call.state.dialect, "sim", plan)
    else:
        try:
            reply = respond(order, plan)
        except ApiError as error:
            reply = replies.reply_with_error(error, call.state.dialect, "sim", plan)
    plan.finish(reply)
    return reply


def refuse_if_moderated(service: ImageService, plan: FaultPlan) -> None:
    """Raise what the case ``moderation`` asks for: nothing is painted or billed."""
    asked = plan.service.get("moderation")
    if asked is not None:
        raise service.build_moderation_error(asked.get("stage", "input"))


def reply_when_painted(call: ServerCall, tree: Tree, plan: FaultPlan) -> ServerReply:
    """*tree* after the server's delay, as the plan alters it."""
    for alter in plan.alter_answer:
        alter(tree)
    reply = replies.reply_with_tree(tree)
    reply.silence += max(0.0, call.state.settings.delay - (time.monotonic() - call.started))
    return reply


def bill(call: ServerCall, order: Order, pictures: int, usd: float, task: str = "") -> None:
    """Note what the service would have charged for."""
    recorder = call.state.extension.observer
    assert isinstance(recorder, Recorder)
    recorder.billed.append(PaidCall(order.model, 0, pictures, 0, 0, usd, call.digest, task))


def reply_endless(opening: bytes, parameters: CaseParameters, kind: str = JSON_ONLY) -> ServerReply:
    """A 200 whose picture goes on for ``bytes`` (1 GiB), made piece by piece."""
    total = int(parameters.get("bytes", str(1 << 30)))

    def generate() -> Iterator[bytes]:
        yield opening
        piece = b"iVBORw0KGgoA" * 21846
        for _ in range(total // len(piece)):
            yield piece

    return ServerReply(200, generate(), {"Content-Type": kind})
