# SPDX-License-Identifier: GPL-3.0-or-later
"""A store in a folder of its own, and answers as the wire would bring them."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from nano_banana_addon.core.constants import State
from nano_banana_addon.core.files import compute_sha256
from nano_banana_addon.core.request import GenerationRequest
from nano_banana_addon.core.result import Answer, Generation, Picture, Usage
from nano_banana_addon.storage import complete_answer
from nano_banana_addon.storage.files import pictures
from nano_banana_addon.storage.store import Store

ROOT = Path(__file__).resolve().parents[3]
IN_ANOTHER = "import sys; sys.path.insert(0, {root!r})\nfrom pathlib import Path\nhome = Path({home!r})\n"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def open_store(home: Path) -> Iterator[Callable[..., Store]]:
    """Opens the store as another Blender would; all are closed in the end."""
    opened: list[Store] = []

    def make(folder: Path = home, **options: Any) -> Store:
        opened.append(Store(folder, **options))
        return opened[-1]

    yield make
    for store in opened:
        store.close()


@pytest.fixture
def store(open_store: Callable[..., Store]) -> Store:
    return open_store()


def request(prompt: str = "a quiet harbour", **choices: Any) -> GenerationRequest:
    return GenerationRequest(prompt, **choices)


def arrived(store: Store, id: str, name: str = "x.png", colour: str = "teal") -> Answer:
    """An answer whose picture lies where the wire puts it."""
    folder = pictures.make_receiving_folder(store.places, id)
    path = folder / name
    Image.new("RGB", (64, 32), colour).save(path)
    picture = Picture(str(path), compute_sha256(path), "image/png", 64, 32, path.stat().st_size)
    usage = Usage(prompt=100, candidates=1120, total=1220, image=1120)
    return Answer((picture,), usage=usage, finish_reason="STOP", response_id=f"r-{id}")


def sending(store: Store, *states: State, prompt: str = "a quiet harbour", **choices: Any) -> str:
    """A generation that went from SENDING through some states."""
    id = store.add(request(prompt, **choices), estimate=0.14)
    assert store.begin_sending(id) == 0
    for state in states:
        store.advance(id, state)
    return id


def done(store: Store, prompt: str = "a quiet harbour", **choices: Any) -> Generation:
    """A generation with its picture in its place."""
    id = sending(store, State.GENERATING, prompt=prompt, **choices)
    generation = store.get(id)
    assert generation
    complete_answer.complete(store, generation, arrived(store, id))
    finished = store.get(id)
    assert finished
    assert finished.state is State.DONE
    return finished


def elsewhere(home: Path, code: str, *, kill: bool = False) -> str:
    """Run code in a process of its own (`home` is defined there); its output. With `kill` it ends
    itself with SIGKILL after the code."""
    text = IN_ANOTHER.format(root=str(ROOT), home=str(home)) + code
    if kill:
        text += "\nimport os, signal; sys.stdout.flush(); os.kill(os.getpid(), signal.SIGKILL)\n"
    made = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, timeout=60)
    assert kill or made.returncode == 0, made.stderr
    assert "Traceback" not in made.stderr, made.stderr
    return made.stdout.strip()
