# SPDX-License-Identifier: GPL-3.0-or-later
"""An import by the file browser: the dialog tells what would come in before anything does."""

from __future__ import annotations

import importlib
import json
import sys
import tempfile
from pathlib import Path
from types import ModuleType
from typing import Any

import bpy

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from tests.ui import driver
from tests.ui.driver import Mouse, Steps, picture, until

PACKAGE = "bl_ext.user_default.nano_banana"


def module(name: str) -> ModuleType:
    return importlib.import_module(f"{PACKAGE}.nano_banana_addon.{name}")


def paint(store: Any, prompt: str) -> None:
    """A generation with its image, as a worker process leaves it."""
    from PIL import Image

    result, pictures = module("core.result"), module("storage.files.pictures")
    generation = store.add(module("core.request").GenerationRequest(prompt))
    store.begin_sending(generation)
    path = pictures.make_receiving_folder(store.places, generation) / "x.png"
    Image.new("RGB", (64, 32), "teal").save(path)
    sha256 = module("core.files").compute_sha256(path)
    image = result.Picture(str(path), sha256, "image/png", 64, 32, path.stat().st_size)
    module("storage.complete_answer").complete(store, store.get(generation), result.Answer((image,)))


def make_export(folder: Path) -> None:
    """Two generations of somebody else; the cost of one is impossible."""
    store = module("storage.store").Store(folder / "other")
    for prompt in ("good", "bad"):
        paint(store, prompt)
    module("storage.archive").export(store, folder / "export", module("storage.database.query").HistoryQuery())
    store.close()
    for path in (folder / "export" / "results").rglob("*.json"):
        plain = json.loads(path.read_text())
        if plain["prompt"] == "bad":
            plain["generation"]["cost_usd"] = -1000.0
            path.write_text(json.dumps(plain))


def case() -> Steps:
    folder = Path(tempfile.mkdtemp())
    make_export(folder)
    bpy.context.preferences.view.filebrowser_display_type = "SCREEN"
    window = bpy.context.window_manager.windows[0]
    mouse = Mouse(window)
    store = module("session.session").current().store
    everything = module("storage.database.query").HistoryQuery()
    before = store.count(everything)
    with bpy.context.temp_override(window=window):
        bpy.ops.nano_banana.import_history("INVOKE_DEFAULT")
    yield from until(lambda: window.screen.areas[0].type == "FILE_BROWSER", "the file browser opens")
    yield 0.5
    area = window.screen.areas[0]
    area.spaces.active.params.directory = str(folder / "export").encode()
    yield 0.5
    region = next(r for r in area.regions if r.type == "WINDOW")
    yield from mouse.move(window.width // 2, window.height // 2)
    with bpy.context.temp_override(window=window, area=area, region=region):
        bpy.ops.file.execute()
    yield 1.0
    picture("import")
    assert store.count(everything) == before, "nothing is imported before it is confirmed"
    yield from mouse.key("RET")
    yield from until(lambda: store.count(everything) == before + 1, "the sound one is imported")
    assert store.page(everything)[0].request.prompt == "good"
    yield from until(
        lambda: "1 refused" in bpy.context.window_manager.nano_banana.notice, "the notice tells of the other"
    )


driver.play(case)
