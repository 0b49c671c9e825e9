# SPDX-License-Identifier: GPL-3.0-or-later
"""How the add-on's processes are started: with Blender's Python and its sys.path, no key, no window.

Keys are removed from their environment.
"""

from __future__ import annotations

import os
import queue
import subprocess
import sys
import threading
from collections.abc import Generator
from typing import IO, Any, AnyStr

from ..wire.providers import PROVIDERS

#: The code that starts a process. sys.path comes over the pipe: a command line is visible to everyone, and short on
#: Windows. The first line is read byte by byte, so that what follows stays in the pipe.
_BOOT = """\
import json, os, sys
os.umask(0o077)
text = b""
while not text.endswith(b"\\n"):
    piece = os.read(0, 1)
    if not piece: sys.exit(3)
    text += piece
hello = json.loads(text)
sys.path[:0] = [path for path in hello["paths"] if path not in sys.path]
from nano_banana_addon.worker.{module} import main
sys.exit(main(hello, 0))
"""


_WAIT = 0.1  # seconds


def command(python: str, module: str) -> list[str]:
    """The command line that runs `main(hello, 0)` of a module of `worker`; `hello` is the first line, JSON."""
    # -I: ignore the environment and the working directory.
    return [python, "-I", "-X", "utf8", "-c", _BOOT.format(module=module)]


def environment() -> dict[str, str]:
    """This process's environment without the keys, which are passed when they are needed."""
    secret = {name for provider in PROVIDERS.values() for name in provider.key_variables}
    return {name: value for name, value in os.environ.items() if name not in secret}


def apart() -> dict[str, Any]:
    """How to start a process that outlives this one, without a window, ignoring our terminal's Ctrl-C.

    On Windows it also gets a lower priority; elsewhere it lowers its own.
    """
    if sys.platform == "win32":
        flags = subprocess.CREATE_NO_WINDOW | subprocess.CREATE_NEW_PROCESS_GROUP
        return {"creationflags": flags | subprocess.BELOW_NORMAL_PRIORITY_CLASS}
    return {"start_new_session": True}


def read_lines(output: IO[AnyStr]) -> Generator[AnyStr | None]:
    """The lines that a process writes, until it ends; None several times a second between them, to see to other things.

    A thread reads and closes `output`.
    """
    lines = queue.SimpleQueue[AnyStr | None]()
    threading.Thread(target=_read, args=(output, lines), name="nano-banana-output", daemon=True).start()
    while True:
        try:
            line = lines.get(timeout=_WAIT)
        except queue.Empty:
            yield None
            continue
        if line is None:
            return
        yield line


def _read(output: IO[AnyStr], lines: queue.SimpleQueue[AnyStr | None]) -> None:
    try:
        with output:
            for line in output:
                lines.put(line)
    finally:
        lines.put(None)
