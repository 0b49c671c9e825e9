# SPDX-License-Identifier: GPL-3.0-or-later
"""The service, in a process of its own that no kill reaches: serves, and tells its accounts at any time.

Prints its address. Each line on standard input is answered by one line: `accounts` by the accounts as
JSON, `script CASE TIMES KEY=VALUE …` by `ok`. Ends when standard input closes.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
import struct
import sys
import zlib
from collections.abc import Callable
from functools import cache
from typing import Any

from PIL import Image

from devtools.simulator.server import Simulator
from nano_banana_addon.simulator import generate
from nano_banana_addon.simulator.painting.job import PaintJob

KEY = "AIzaSy-a-key-of-the-tests-000"
#: Each prompt of these tests has a name of its own in it, so that no answer can stand for another.
_NAME = re.compile(r"shot-[a-z0-9-]+")


def name_of(prompt: str) -> str:
    """The name in a prompt; "" when the request broke off before its text was read."""
    found = _NAME.search(prompt)
    return found[0] if found else ""


class Accounts:
    """What was painted and what was billed, by the names in the prompts."""

    def __init__(self) -> None:
        self.painted: dict[str, list[str]] = {}
        self.billed: dict[str, list[dict[str, Any]]] = {}

    def paint(self, job: PaintJob) -> bytes:
        """A picture that nobody else gets."""
        data = _signed(_noise(job.width, job.height), job.prompt.encode())
        digest = hashlib.sha256(data).hexdigest()
        self.painted.setdefault(name_of(job.prompt), []).append(digest)
        return data

    def noting(self, count: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
        """The simulator's count of tokens, with a copy for the accounts."""

        def counted(asked: Any, *rest: Any, **named: Any) -> dict[str, Any]:
            usage = count(asked, *rest, **named)
            self.billed.setdefault(name_of(asked.prompt), []).append(usage)
            return usage

        return counted

    def told(self, simulator: Simulator) -> dict[str, Any]:
        """Everything so far, for JSON."""
        asked = [
            {
                "name": name_of(each.prompt),
                "status": each.status,
                "answered": each.answered_at is not None,
            }
            for each in simulator.requests
            if each.method == "POST"
        ]
        return {"asked": asked, "painted": self.painted, "billed": self.billed}


@cache
def _noise(width: int, height: int) -> bytes:
    stream = io.BytesIO()
    noise = Image.effect_noise((width, height), 60).convert("RGB")
    noise.save(stream, "PNG", compress_level=1)
    return stream.getvalue()


def _signed(png: bytes, words: bytes) -> bytes:
    """The picture with a comment before its end: other bytes, the same pixels."""
    chunk = b"tEXtComment\0" + words.hex().encode()
    length, check = struct.pack(">I", len(chunk) - 4), struct.pack(">I", zlib.crc32(chunk))
    return png[:-12] + length + chunk + check + png[-12:]


def main() -> None:
    """Serve until standard input closes."""
    accounts = Accounts()
    generate.usage.build_usage = accounts.noting(generate.usage.build_usage)
    _noise(1024, 1024)
    with Simulator(accounts.paint, keys=frozenset({KEY}), mime="image/png") as simulator:
        sys.stdout.write(simulator.base_url + "\n")
        sys.stdout.flush()
        for line in sys.stdin:
            verb, *rest = line.split()
            if verb == "script":
                case, times, *given = rest
                simulator.script(case, int(times), **dict(each.split("=", 1) for each in given))
            told = json.dumps(accounts.told(simulator)) if verb == "accounts" else "ok"
            sys.stdout.write(told + "\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
