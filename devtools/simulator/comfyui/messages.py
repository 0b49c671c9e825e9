# SPDX-License-Identifier: GPL-3.0-or-later
"""The messages about a job: to its client's socket, and the lasting ones also into the history."""

from __future__ import annotations

import json
import struct
from typing import TYPE_CHECKING, Any

from nano_banana_addon.simulator.contract.json_access import Tree

from .sockets import BINARY, Sessions
from .values import to_png, to_preview

if TYPE_CHECKING:
    from PIL.Image import Image

    from .engine import Job

_PREVIEW, _PREVIEW_WITH_METADATA = 1, 4
_JPEG, _PNG = 1, 2


class Reporter:
    """Tells all clients how long the queue is, and one client about its job."""

    def __init__(self, sessions: Sessions) -> None:
        self.sessions = sessions
        self.current: JobReport | None = None

    def tell_status(self, count: int) -> None:
        """The queue's length to everybody."""
        self.sessions.send("status", {"status": {"exec_info": {"queue_remaining": count}}})

    def begin(self, job: Job) -> JobReport:
        """The report of a job."""
        self.current = JobReport(self.sessions, job)
        return self.current


class JobReport:
    """Messages of one job. Without a client id nobody hears them."""

    def __init__(self, sessions: Sessions, job: Job) -> None:
        self._sessions, self._job = sessions, job
        self.client = str(job.extra.get("client_id", ""))
        self.node: str | None = None
        self.kept: list[list[Any]] = []
        self._nodes: Tree = {}
        cases = job.plan.service
        self._is_silent = "silent_socket" in cases or not self.client
        session = sessions.find(self.client)
        if session is not None:
            session.split = "split_frames" in cases
            if "drop_socket" in cases:
                session.frames_left = int(cases["drop_socket"].get("frames", "3"))

    def keep(self, kind: str, data: Tree) -> None:
        """A message that also stands in the history."""
        self.kept.append([kind, data])
        self._send(kind, data)

    def begin_node(self, ident: str) -> None:
        """A node starts."""
        self.node = ident
        self._tell_state(ident, 0.0, 1.0, "running")
        self._send("executing", {"node": ident, "display_node": ident, "prompt_id": self._job.id})

    def end_node(self, ident: str, shown: Tree | None, total: float = 1.0) -> None:
        """A node is done; *shown* is what an output made."""
        if shown is not None:
            self._send("executed", {"node": ident, "display_node": ident, "output": shown, "prompt_id": self._job.id})
        self._tell_state(ident, total, total, "finished")

    def tell_step(self, ident: str, value: int, total: int, preview: Image | None, *, lossless: bool = False) -> None:
        """A step of a sampler, with a picture where previews are on."""
        self._tell_state(ident, value, total, "running")
        self._send("progress", {"value": value, "max": total, "prompt_id": self._job.id, "node": ident})
        if preview is not None:
            self._send_picture(ident, preview, lossless=lossless)

    def end(self) -> None:
        """The job's last message, also after errors."""
        self.node = None
        self._send("executing", {"node": None, "prompt_id": self._job.id})

    def wants_preview(self) -> bool:
        """Whether the job asked for previews."""
        return self._job.extra.get("preview_method", "none") not in ("none", "default")

    def _tell_state(self, ident: str, value: float, total: float, state: str) -> None:
        about = {"value": value, "max": total, "state": state, "node_id": ident, "prompt_id": self._job.id}
        self._nodes[ident] = {**about, "display_node_id": ident, "parent_node_id": None, "real_node_id": ident}
        self._send("progress_state", {"prompt_id": self._job.id, "nodes": dict(self._nodes)})

    def _send(self, kind: str, data: Tree) -> None:
        if not self._is_silent:
            self._sessions.send(kind, data, self.client)

    def _send_picture(self, ident: str, picture: Image, *, lossless: bool) -> None:
        data = to_png(picture) if lossless else to_preview(picture)
        session = self._sessions.find(self.client)
        if self._is_silent or session is None:
            return
        if session.flags.get("supports_preview_metadata") and not lossless:
            about = {"node_id": ident, "display_node_id": ident, "real_node_id": ident, "prompt_id": self._job.id}
            head = json.dumps({**about, "parent_node_id": None, "image_type": "image/jpeg"}).encode()
            frame = struct.pack(">II", _PREVIEW_WITH_METADATA, len(head)) + head + data
        else:
            frame = struct.pack(">II", _PREVIEW, _PNG if lossless else _JPEG) + data
        self._sessions.send_raw(BINARY, frame, self.client)
