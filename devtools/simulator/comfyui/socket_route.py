# SPDX-License-Identifier: GPL-3.0-or-later
"""``GET /ws``: the connection becomes a WebSocket and stays one."""

from __future__ import annotations

import socket
import threading
import uuid

from nano_banana_addon.simulator.call import ServerCall
from nano_banana_addon.simulator.contract.json_access import Tree
from nano_banana_addon.simulator.contract.plan import ServerReply
from nano_banana_addon.simulator.transmission import Hangup

from .engine import Engine
from .sockets import Session, Sessions, build_handshake


def open_socket(call: ServerCall, sessions: Sessions, engine: Engine, features: Tree) -> ServerReply:
    """The upgrade; a 400 for a request that asks for none."""
    key = call.headers.get("sec-websocket-key")
    if not key or "websocket" not in call.headers.get("upgrade", "").lower():
        page = b'No WebSocket UPGRADE hdr: None\n Can "Upgrade" only to "WebSocket".'
        return ServerReply(400, [page], {"Content-Type": "text/plain; charset=utf-8"}, len(page))
    ident = call.query.get("clientId") or uuid.uuid4().hex

    def greet(session: Session) -> None:
        status = {"status": {"exec_info": {"queue_remaining": engine.count()}}, "sid": session.ident}
        sessions.send("status", status, session.ident)
        report = engine.reporter.current
        if report is not None and report.client == session.ident and report.node is not None:
            # The past is not told again, and the job's id is missing.
            sessions.send("executing", {"node": report.node}, session.ident)

    def serve(connection: socket.socket, _reply: ServerReply, _stop_event: threading.Event) -> None:
        connection.sendall(build_handshake(key))
        sessions.serve(Session(ident, connection), call.stream, greet, features)
        raise Hangup

    return ServerReply(101, [], {}, 0, send=serve)
