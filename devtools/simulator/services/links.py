# SPDX-License-Identifier: GPL-3.0-or-later
"""Pictures behind links that are signed, expire and take no key, as object stores hand them out."""

from __future__ import annotations

import hashlib
import secrets
import threading
import time
from dataclasses import dataclass
from urllib.parse import quote

from devtools.simulator.transport import FaultPlan
from nano_banana_addon.simulator.call import ServerCall
from nano_banana_addon.simulator.contract.plan import ServerReply
from nano_banana_addon.simulator.extension import Route

from .service import reply_endless, route

#: A link must be fetched with none of these.
UNWANTED = ("authorization", "x-key", "x-api-key", "x-goog-api-key", "cookie", "referer")
_DENIED = "<?xml version='1.0'?><Error><Code>{}</Code><Message>{}</Message></Error>"


@dataclass
class Link:
    """One picture; ``until`` in monotonic seconds."""

    data: bytes
    mime: str
    signature: str
    until: float
    plan: FaultPlan


class LinkStore:
    """The pictures of one server."""

    def __init__(self) -> None:
        self._links: dict[str, Link] = {}
        self._lock = threading.Lock()

    def publish(self, call: ServerCall, data: bytes, mime: str, life: float, plan: FaultPlan) -> str:
        """A link to *data* that lives for *life* seconds, or as the plan's cases say."""
        name = hashlib.sha256(data + secrets.token_bytes(8)).hexdigest()[:24]
        # As real ones: with characters that must stay quoted, in more than one parameter.
        signature = f"{secrets.token_hex(8)}/+{secrets.token_hex(4)}=="
        life = float(plan.service.get("link_life", {}).get("seconds", life))
        with self._lock:
            self._links[name] = Link(data, mime, signature, time.monotonic() + life, plan)
        base = call.state.base_url
        host = plan.service.get("result_host", {}).get("host")
        if host:
            base = base.replace("127.0.0.1", host)
        ending = mime.partition("/")[2]
        return f"{base}/results/{name}.{ending}?X-Expires={int(life)}&X-Signature={quote(signature, safe='')}"

    def build_routes(self) -> tuple[Route, ...]:
        """Where they are fetched."""
        return (route("GET", r"/results/(?P<id>[0-9a-f]+)\.[a-z]+", "result", self._fetch),)

    def expire(self) -> None:
        """Let all links grow older than their life."""
        with self._lock:
            for link in self._links.values():
                link.until = 0.0

    def _fetch(self, call: ServerCall, name: str) -> ServerReply:
        link = self._links.get(name)
        unwanted = [header for header in UNWANTED if header in call.headers]
        if unwanted:
            return _deny(400, "InvalidArgument", "Only one auth mechanism allowed; also sent: " + ", ".join(unwanted))
        if link is None:
            return _deny(404, "NoSuchKey", "The specified key does not exist.")
        if call.query.get("X-Signature") != link.signature:
            return _deny(403, "AccessDenied", "The signature does not match.")
        if time.monotonic() >= link.until:
            return _deny(403, "AccessDenied", "Request has expired")
        return self._serve(call, link)

    def _serve(self, call: ServerCall, link: Link) -> ServerReply:
        cases = link.plan.service
        redirect = cases.get("result_redirect")
        if redirect is not None and _count_hops(call) < int(redirect.get("hops", "1")):
            return _redirect(call, redirect.get("to", ""))
        if "huge_result" in cases:
            return reply_endless(b"\x89PNG\r\n\x1a\n", cases["huge_result"], link.mime)
        if "html_result" in cases:
            page = b"<html><body>Sign in</body></html>"
            return ServerReply(200, [page], {"Content-Type": "text/html"}, len(page))
        if "flaky_result" in cases and not cases["flaky_result"].get("done"):
            cases["flaky_result"]["done"] = "yes"
            return _deny(503, "SlowDown", "Please reduce your request rate.")
        if "short_result" in cases:
            # More is announced than comes.
            return ServerReply(200, [link.data[: len(link.data) // 2]], {"Connection": "close"}, len(link.data))
        return ServerReply(200, [link.data], {"Content-Type": link.mime}, len(link.data))


def _redirect(call: ServerCall, target: str) -> ServerReply:
    """A 302 to *target*, else to this very link again."""
    if not target:
        again = {**call.query, "hop": str(_count_hops(call) + 1)}
        target = f"{call.path}?" + "&".join(f"{name}={quote(value, safe='')}" for name, value in again.items())
    return ServerReply(302, [], {"Location": target}, 0)


def _count_hops(call: ServerCall) -> int:
    return int(call.query.get("hop", "0"))


def _deny(status: int, code: str, message: str) -> ServerReply:
    page = _DENIED.format(code, message).encode()
    return ServerReply(status, [page], {"Content-Type": "application/xml"}, len(page))
