# SPDX-License-Identifier: GPL-3.0-or-later
"""Batches: what they hold, how far they are, how the API shows them (contract case 37)."""

from __future__ import annotations

import hashlib
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from nano_banana_addon.simulator.contract.errors import ApiError
from nano_banana_addon.simulator.contract.json_access import Tree

ENDED = frozenset({"SUCCEEDED", "FAILED", "CANCELLED", "EXPIRED"})
_RPC_CODE = {400: 3, 403: 7, 404: 5, 429: 8, 500: 13, 503: 14, 504: 4}


@dataclass(frozen=True)
class BatchEntry:
    """One request of a batch: its ``key`` (in a file) or ``metadata`` (inline) and its raw JSON."""

    name: Tree
    request: Any


@dataclass
class Batch:
    """One job. ``case_name`` is the case that decides how it ends."""

    name: str
    owner: str
    model: str
    display: str
    entries: list[BatchEntry]
    from_file: bool
    case_name: str = ""
    state: str = "PENDING"
    output: Tree = field(default_factory=dict[str, Any])
    failed: int = 0
    created: str = field(default_factory=lambda: datetime.now(UTC).isoformat())

    def to_operation(self) -> Tree:
        """The batch as the API shows it: a long-running operation."""
        if self.case_name == "batch_flattened":
            return self._flatten()
        metadata: Tree = {
            "@type": "type.googleapis.com/google.ai.generativelanguage.v1main.GenerateContentBatch",
            "model": f"models/{self.model}",
            "displayName": self.display,
            "state": f"BATCH_STATE_{self.state}",
            "createTime": self.created,
            "updateTime": self.created,
            "name": self.name,
            "batchStats": self._count_requests(),
        }
        result: Tree = {"name": self.name, "metadata": metadata}
        if self.state in ENDED:
            result["done"] = True
        if self.output:
            metadata["output"] = result["response"] = self.output
        if self.state == "FAILED":
            result["error"] = {"code": 13, "message": "The batch could not be processed."}
        return result

    def _flatten(self) -> Tree:
        result: Tree = {
            "name": self.name,
            "model": f"models/{self.model}",
            "displayName": self.display,
            "state": f"JOB_STATE_{self.state}",
            "createTime": self.created,
        }
        if "responsesFile" in self.output:
            result["dest"] = {"fileName": self.output["responsesFile"]}
        elif self.output:
            result["dest"] = self.output
        return result

    def _count_requests(self) -> Tree:
        total, failed = len(self.entries), self.failed
        stats = {"requestCount": str(total)}
        if self.state == "SUCCEEDED":
            stats["successfulRequestCount"] = str(total - failed)
            if failed:
                stats["failedRequestCount"] = str(failed)
        else:
            stats["pendingRequestCount"] = str(total)
        return stats


class BatchStore:
    """Batches of one server, each visible to its owner alone."""

    def __init__(self) -> None:
        self._batches: dict[str, Batch] = {}
        self.lock = threading.Lock()

    def add(self, owner: str, model: str, display: str, entries: list[BatchEntry], *, from_file: bool) -> Batch:
        """A new batch, PENDING."""
        with self.lock:
            number = len(self._batches) + 1
            ident = hashlib.sha256(f"{owner}/{number}".encode()).hexdigest()[:20]
            batch = Batch(f"batches/{ident}", owner, model, display, entries, from_file)
            self._batches[batch.name] = batch
            return batch

    def get(self, ident: str, owner: str) -> Batch:
        """The batch of *owner*, or a 404."""
        batch = self._batches.get(f"batches/{ident}")
        if batch is None or batch.owner != owner:
            raise ApiError(404, "Requested entity was not found.")
        return batch

    def list_batches(self, owner: str) -> list[Batch]:
        """All batches of *owner*, newest first."""
        with self.lock:
            return [batch for batch in reversed(self._batches.values()) if batch.owner == owner]

    def delete(self, batch: Batch) -> None:
        """Forget *batch*."""
        with self.lock:
            self._batches.pop(batch.name, None)


def build_line_error(error: ApiError) -> Tree:
    """An error inside a batch: numbered as gRPC does, not as HTTP does."""
    return {"code": _RPC_CODE.get(error.code, 2), "message": error.message}
