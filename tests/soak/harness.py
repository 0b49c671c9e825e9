# SPDX-License-Identifier: GPL-3.0-or-later
"""The test's side: starts the server and Blenders, tells them what to do, looks into store and accounts."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from devtools.build import build_here
from devtools.paths import ENVIRONMENTS, ROOT
from nano_banana_addon.core.result import Generation
from nano_banana_addon.storage.database.query import HistoryQuery
from nano_banana_addon.storage.store import Store

from .server import KEY

PATIENCE = 90.0
_IN_BLENDER = ROOT / "devtools" / "in_blender.py"
_HERE = Path(__file__).parent


def until(condition: Callable[[], object], what: str, seconds: float = PATIENCE) -> None:
    """Wait until something is so; fails with `what` when it never is."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            pytest.fail(f"waited {seconds:.0f} s in vain until {what}")
        time.sleep(0.005)


def blender_python(version: str) -> Path:
    """The Python with that Blender, which `dev.py test --soak` has made. Skips, and says so, without."""
    folder = ENVIRONMENTS / f"blender-{version}"
    if not (folder / "stamp.txt").is_file():
        pytest.skip(f"no Blender {version} here: dev.py makes its environment where it can run")
    return folder / "bin" / "python"


class Talk:
    """A process that answers each line with a line."""

    def __init__(self, command: list[str], errors: Path, **variables: str) -> None:
        self._errors = errors
        with errors.open("ab") as file:
            self.process = subprocess.Popen(
                command,
                cwd=ROOT,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=file,
                env=os.environ | variables,
                text=True,
                bufsize=1,
            )

    def tell(self, line: str) -> None:
        """Say something, and do not wait."""
        assert self.process.stdin
        self.process.stdin.write(line + "\n")

    def answer(self) -> str:
        """The next line; fails with the last words of one that has ended."""
        assert self.process.stdout
        line = self.process.stdout.readline()
        if not line:
            pytest.fail(f"it ended: {self._errors.read_text(errors='replace')[-3000:]}")
        return line

    def close(self) -> int:
        """Let it end by itself; its status."""
        assert self.process.stdin
        with suppress(OSError):
            self.process.stdin.close()
        try:
            return self.process.wait(PATIENCE)
        finally:
            self.end_now()

    def end_now(self) -> None:
        """Leave nothing of it, whatever it does."""
        self.process.kill()
        self.process.wait()
        for end in (self.process.stdin, self.process.stdout):
            with suppress(OSError):
                if end:
                    end.close()


class Server(Talk):
    """The service with its accounts."""

    def __init__(self, folder: Path) -> None:
        super().__init__([sys.executable, "-m", "tests.soak.server"], folder / "server.txt")
        self.url = self.answer().strip()

    def accounts(self) -> dict[str, Any]:
        """Everything so far; see `server.Accounts.told`."""
        self.tell("accounts")
        return json.loads(self.answer())

    def posts(self, name: str) -> int:
        """How often the picture of a name was asked for."""
        return sum(each["name"] == name for each in self.accounts()["asked"])

    def script(self, case: str, times: int, **given: object) -> None:
        """Let the next requests go so."""
        words = [case, str(times), *(f"{key}={value}" for key, value in given.items())]
        self.tell(" ".join(["script", *words]))
        assert self.answer().strip() == "ok"


class Blender(Talk):
    """A real Blender with the extension installed and enabled; it turns its pump while it waits."""

    def __init__(self, place: Place, version: str) -> None:
        profile = place.profile(version)
        command = [str(blender_python(version)), "-P", str(_IN_BLENDER), "script"]
        command += [str(_HERE / "blender_side.py"), place.server.url]
        super().__init__(
            command,
            place.errors,
            BLENDER_USER_RESOURCES=str(profile),
            NANO_BANANA_HOME=str(place.home),
            GEMINI_API_KEY=KEY,
        )
        place.blenders.append(self)

    def order(self, verb: str, **given: object) -> None:
        """Tell it to do something, and do not wait."""
        self.tell(json.dumps({"do": verb, **given}))

    def do(self, verb: str, **given: object) -> Any:
        """Tell it to do something; its answer."""
        self.order(verb, **given)
        return self.heard()

    def heard(self) -> Any:
        """Its answer to what was ordered."""
        answer = json.loads(self.answer())
        assert "trouble" not in answer, answer["trouble"]
        return answer

    def kill(self) -> None:
        """Without a word to it."""
        self.process.kill()
        self.gone()

    def gone(self) -> None:
        """It was killed, or it has killed itself."""
        assert self.process.wait(PATIENCE) == -signal.SIGKILL
        self.close()


@dataclass
class Place:
    """A store that Blenders of several versions share, their profiles, and the service."""

    folder: Path
    server: Server
    store: Store = field(init=False)
    blenders: list[Blender] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.store = Store(self.folder / "store")

    @property
    def home(self) -> Path:
        """The store's folder."""
        return self.store.home

    @property
    def errors(self) -> Path:
        """What the Blenders wrote on their error output."""
        return self.folder / "blender.txt"

    def profile(self, version: str) -> Path:
        """The folder of user files of a version, with the extension installed."""
        folder = self.folder / f"profile-{version}"
        if not folder.exists():
            folder.mkdir()
            python = blender_python(version)
            subprocess.run(
                [str(python), "-P", str(_IN_BLENDER), "install", str(build_here(python))],
                env=os.environ | {"BLENDER_USER_RESOURCES": str(folder)},
                check=True,
                stdout=subprocess.DEVNULL,
            )
        return folder

    def generations(self) -> list[Generation]:
        """The whole history."""
        return self.store.page(HistoryQuery(), 0, 100_000)

    def couriers(self) -> list[int]:
        """The process numbers of the living worker processes that have said who they are."""
        rows = self.store.database.rows("SELECT id, pid FROM processes WHERE role = 'courier'")
        return [row["pid"] for row in rows if self.store.lives(row["id"])]

    def courier_processes(self) -> list[int]:
        """Worker processes by the folder they work in: also one that is just starting."""
        found = []
        for process in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                if (process / "cwd").readlink() == self.home:
                    found.append(int(process.name))
        return found

    def until_no_courier(self) -> None:
        """Wait until what was in progress has come to its end."""
        until(lambda: not self.courier_processes(), "all worker processes ended")


@contextmanager
def place_in(folder: Path) -> Iterator[Place]:
    """A new store beside a service of its own."""
    server = Server(folder)
    place = Place(folder, server)
    try:
        yield place
    finally:
        for blender in place.blenders:
            blender.end_now()
        place.store.close()
        server.close()
