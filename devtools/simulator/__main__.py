# SPDX-License-Identifier: GPL-3.0-or-later
"""``python -m devtools.simulator``: prints its address and serves until told to stop."""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import stat
import sys
import threading
from pathlib import Path
from types import FrameType

from devtools.simulator import solid
from devtools.simulator.server import DIALECTS, Simulator
from nano_banana_addon.simulator.painting import painterly
from nano_banana_addon.simulator.state import BODY_LIMIT, IMAGE_LIMIT

_PAINTERS = {"painterly": painterly.paint, "solid": solid.paint}


def _build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m devtools.simulator",
        description="A local server that speaks the API of an image service. Prints its address on one "
        "line and serves until its standard input closes or it is terminated.",
    )
    add = parser.add_argument
    add("--port", type=int, default=0, help="0 takes a free port")
    add("--key", action="append", default=[], help="accepted key, repeatable; none: any or no key")
    add("--painter", choices=sorted(_PAINTERS), default="painterly")
    add("--canned", type=Path, help="always answer with this picture file")
    add("--mime", choices=("image/jpeg", "image/png"), default="")
    add("--delay", type=float, default=0.0, help="seconds of silence before each picture")
    add("--dialect", choices=sorted(DIALECTS), default="google")
    add("--body-limit", type=int, default=BODY_LIMIT, help="bytes of a request; 0 lifts it")
    add("--image-limit", type=int, default=IMAGE_LIMIT, help="bytes of a picture; 0 lifts it")
    add("--file-polls", type=int, default=1, help="looks at an uploaded file until it is ACTIVE")
    add("--max-connections", type=int, default=64)
    add("--script", action="append", default=[], help="a case for every request, repeatable")
    add("--cases", action="store_true", help="list the cases and end")
    return parser


def _build_simulator(options: argparse.Namespace) -> Simulator:
    simulator = Simulator(
        _PAINTERS[options.painter],
        port=options.port,
        keys=options.key or None,
        dialect=options.dialect,
        delay=options.delay,
        body_limit=options.body_limit or None,
        image_limit=options.image_limit or None,
        max_connections=options.max_connections,
        mime=options.mime,
        canned=options.canned.read_bytes() if options.canned else None,
        file_polls=options.file_polls,
    )
    if options.script:
        simulator.script("+".join(options.script))
    return simulator


def _wait_for_end(end_event: threading.Event) -> None:
    """Return on SIGTERM or SIGINT, or when the pipe at standard input closes.

    A terminal or /dev/null there (a shell's background job) is left alone: neither tells that the
    process which started this one has gone.
    """

    def read(descriptor: int) -> None:
        # Not through sys.stdin: its lock, held by a waiting thread, would break the shutdown.
        while os.read(descriptor, 4096):
            pass
        end_event.set()

    def end(_number: int, _frame: FrameType | None) -> None:
        end_event.set()

    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, end)
    with contextlib.suppress(OSError, ValueError, AttributeError):
        descriptor = sys.stdin.fileno()
        kind = os.fstat(descriptor).st_mode
        if stat.S_ISFIFO(kind) or stat.S_ISSOCK(kind):
            threading.Thread(target=read, args=(descriptor,), daemon=True).start()
    while not end_event.wait(0.5):  # a bare wait() would keep signals from being seen on Windows
        pass


def main() -> int:
    """Serve; the exit status is 0."""
    options = _build_parser().parse_args()
    simulator = _build_simulator(options)
    if options.cases:
        sys.stdout.writelines(f"{name}: {text}\n" for name, text in simulator.cases().items())
        return 0
    with simulator:
        sys.stdout.write(simulator.base_url + "\n")
        sys.stdout.flush()
        _wait_for_end(threading.Event())
    return 0


if __name__ == "__main__":
    sys.exit(main())
