# SPDX-License-Identifier: GPL-3.0-or-later
"""A job folder, a server that counts, and workers of a farm: processes that share nothing but the folder."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from devtools.simulator import solid
from devtools.simulator.server import Simulator
from nano_banana_addon.core.constants import ReferenceRole
from nano_banana_addon.core.request import GenerationRequest, Reference
from nano_banana_addon.storage import job_folder
from nano_banana_addon.storage.database.budget import Pacing
from nano_banana_addon.storage.files.layout import open_home
from nano_banana_addon.storage.job_folder import JobFolder
from nano_banana_addon.storage.store import Store
from nano_banana_addon.worker.services import keep_file
from tests.support.schedulers import PROGRAM

from ..worker.conftest import KEY, ROOT


@dataclass
class Farm:
    """A folder with items, and the machines that generate them."""

    folder: Path
    server: Simulator
    running: list[subprocess.Popen[str]] = field(default_factory=list)

    @property
    def environment(self) -> dict[str, str]:
        path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH", "")]))
        found = os.environ | {"PYTHONPATH": path, "NANO_BANANA_BASE_URL": self.server.base_url, "GEMINI_API_KEY": KEY}
        return found | {"BFL_API_KEY": KEY}

    @property
    def asked(self) -> list[str]:
        """The last lines of the prompts of all requests that reached the server: what the artist wrote."""
        return [request.prompt.rsplit("\n", 1)[-1] for request in self.server.requests if request.method == "POST"]

    def write(self, *prompts: str, references: tuple[Reference, ...] = (), **facts: Any) -> JobFolder:
        """A job with an item for each prompt; without a spending limit."""
        home = open_home(self.folder)
        given = {key: facts.pop(key) for key in ("provider", "model", "needs") if key in facts}
        choices = {"image_size": "1K", "aspect_ratio": "1:1"} | given
        kept = tuple(Reference(r.role, keep_file(home, r.path, "reference"), r.label) for r in references)
        requests = tuple(GenerationRequest(prompt, references=kept, **choices) for prompt in prompts)
        job = JobFolder(requests, folder=self.folder, **({"pacing": Pacing(0.0)} | facts))
        job_folder.write(job)
        return job

    def start(self, *words: str, **variables: str) -> subprocess.Popen[str]:
        """A machine that generates."""
        command = [*PROGRAM, "generate", str(self.folder), *words]
        environment = {name: value for name, value in (self.environment | variables).items() if value}
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        machine = subprocess.Popen(command, env=environment, text=True, start_new_session=True, **pipes)
        self.running.append(machine)
        return machine

    def generate(self, *words: str, **variables: str) -> tuple[int, list[dict[str, Any]], str]:
        """Status, results and messages of a machine that has ended."""
        machine = self.start(*words, "--json", "-", **variables)
        out, said = machine.communicate(timeout=120)
        return machine.returncode, [json.loads(line) for line in out.splitlines()], said

    def kill(self, machine: subprocess.Popen[str]) -> None:
        """A machine's sudden death: all processes of it at once."""
        for child in _list_children(machine.pid):
            os.kill(child, signal.SIGKILL)
        machine.kill()
        machine.communicate()

    def states(self) -> list[str]:
        """The states of all items."""
        store = Store(self.folder)
        rows = store.database.rows("SELECT state FROM generations ORDER BY seq")
        store.close()
        return [row["state"] for row in rows]


def _list_children(pid: int) -> list[int]:
    found = [
        int(each) for task in Path(f"/proc/{pid}/task").iterdir() for each in (task / "children").read_text().split()
    ]
    return [*found, *(deeper for child in found for deeper in _list_children(child))]


@pytest.fixture
def farm(tmp_path: Path) -> Iterator[Farm]:
    """A farm without a job, and the strict server of Google."""
    with Simulator(solid.paint, keys=frozenset({KEY})) as server:
        found = Farm(tmp_path / "job", server)
        yield found
        for machine in found.running:
            if machine.poll() is None:
                found.kill(machine)


@pytest.fixture
def reference(tmp_path: Path) -> Callable[[], Reference]:
    """A reference with a file."""

    def make() -> Reference:
        path = tmp_path / "ink.png"
        Image.effect_noise((64, 48), 60).convert("RGB").save(path)
        return Reference(ReferenceRole.STYLE, str(path), label="ink")

    return make
