# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes the fixtures in 0.1.0/: what version 0.1.0 writes. Works in a checkout of commit a27c74e.

    git worktree add ../old a27c74e && cp -r tests/old_data ../old/tests/ && cd ../old
    python3 dev.py script --blender 4.5 tests/old_data/make_0_1_0.py
    python3 dev.py script --blender 5.2 tests/old_data/make_0_1_0.py resave

The first makes a store, a project with its .blend, and preferences. The second opens that project
with a newer Blender, delivers once more, and keeps the .blend that the newer Blender writes. No
network and no key: the pictures come from the add-on's own server with a painter of flat tones.
Everything is made below FOLDER, because records hold the absolute path of the .blend.
"""

from __future__ import annotations

import gzip
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import zipfile
from pathlib import Path

FOLDER = Path("/tmp/nano-banana-0.1.0")
STORE, PROJECT, PROFILE = FOLDER / "store", FOLDER / "project", FOLDER / "profile"
FIXTURES = Path(__file__).resolve().parent / "0.1.0"
ROOT = FIXTURES.parents[2]
#: Folders of a store that hold nothing to keep once no process lives.
_PASSING = ("alive", "log", "receiving")
_MOMENT = (2026, 1, 1, 0, 0, 0)

os.environ["NANO_BANANA_HOME"] = str(STORE)
os.environ["HOME"] = str(FOLDER)  # it would be in each .blend
os.environ["GEMINI_API_KEY"] = "a-key-of-the-tests"


def make() -> None:
    """The store and the project."""
    import bpy
    import history_0_1_0 as history
    import scene_0_1_0 as scenes
    from nano_banana_addon.blender.preferences_access import preferences

    from nano_banana_addon.blender import session
    from nano_banana_addon.simulator.server import Simulator

    shutil.rmtree(FOLDER, ignore_errors=True)
    PROJECT.mkdir(parents=True)
    scene = scenes.build(PROJECT)
    chosen, group = preferences(), scene.nano_banana
    group.model, group.image_size, group.shading = "gemini-3.1-flash-image", "512", "SOLID"
    group.texturing.count = 2
    scenes.add_references(scene, PROJECT)
    with Simulator(history.paint, keys=None) as server:
        chosen.provider, chosen.base_url, chosen.keep_pictures = (
            "offline",
            server.base_url,
            "BESIDE",
        )
        chosen.budget_month, chosen.pacing_limit = 50.0, 25.0
        budget = chosen.project_budgets.add()
        budget.name, budget.limit = "Harbour", 12.5
        made = history.painted(scene) | history.paid(chosen)
        made |= history.ended_otherwise(server) | history.left_over()
    scenes.send_references(scene, True)
    scenes.show_views(scene)
    scenes.add_choice_scenes()
    scenes.save(PROJECT / "scene.blend")
    session.current().link.close(wait=30)
    session.close()
    bpy.ops.wm.read_homefile(use_factory_startup=True, use_empty=True)
    close_store()
    (FIXTURES / "ids.json").write_text(json.dumps(made, indent=1) + "\n")
    (PROJECT / "scene.blend").rename(PROJECT / "scene-4.5.blend")
    pack(STORE, FIXTURES / "store.zip", leave_out=_PASSING)
    pack(PROJECT, FIXTURES / "project.zip")


def close_store() -> None:
    """One file without a journal, and without the name of this machine."""
    connection = sqlite3.connect(STORE / "history.sqlite", isolation_level=None)
    connection.execute("UPDATE processes SET host = 'localhost'")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.execute("VACUUM")
    connection.close()
    named = {
        Path(path).name
        for (text,) in sqlite3.connect(STORE / "history.sqlite").execute("SELECT request FROM details")
        for path in _paths(json.loads(text))
    }
    for path in (STORE / "incoming").iterdir():
        if path.name not in named:
            path.unlink()


def _paths(plain: object) -> list[str]:
    if isinstance(plain, dict):
        return [each for value in plain.values() for each in _paths(value)]
    if isinstance(plain, list):
        return [each for value in plain for each in _paths(value)]
    return [plain] if isinstance(plain, str) and "/" in plain else []


def pack(folder: Path, target: Path, leave_out: tuple[str, ...] = ()) -> None:
    """A folder as a zip, without some of its folders."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for path in sorted(folder.rglob("*")):
            name = path.relative_to(folder)
            if path.is_file() and name.parts[0] not in leave_out:
                entry = zipfile.ZipInfo(name.as_posix(), _MOMENT)
                entry.compress_type = zipfile.ZIP_DEFLATED
                archive.writestr(entry, path.read_bytes())


def make_preferences() -> None:
    """In a process of its own: saving would change the preferences of this profile."""
    shutil.rmtree(PROFILE, ignore_errors=True)
    own = {"HOME": str(FOLDER), "BLENDER_USER_RESOURCES": str(PROFILE), "PYTHONPATH": str(ROOT)}
    command = [sys.executable, str(Path(__file__).resolve()), "preferences"]
    subprocess.run(command, check=True, cwd=FOLDER, env=os.environ | own)
    written = (PROFILE / "config" / "userpref.blend").read_bytes()
    (FIXTURES / "userpref.blend").write_bytes(gzip.compress(written, 9, mtime=0))


def save_preferences() -> None:
    """Change every preference and save."""
    from tests.support import installed

    installed.install_and_enable(PROFILE)
    import bpy
    import choices_0_1_0 as choices
    import scene_0_1_0 as scenes

    everything = bpy.context.preferences
    for library in list(everything.filepaths.asset_libraries):
        everything.filepaths.asset_libraries.remove(library)
    everything.filepaths.font_directory = ""
    chosen = everything.addons["bl_ext.user_default.nano_banana"].preferences
    scenes.set_all(chosen, choices.PREFERENCES)
    for name, limit in choices.PROJECT_BUDGETS:
        item = chosen.project_budgets.add()
        item.name, item.limit = name, limit
    bpy.ops.wm.save_userpref()
    installed.disable()


def resave() -> None:
    """The project's .blend as this Blender writes it, with one more delivery."""
    import bpy
    import scene_0_1_0 as scenes

    shutil.rmtree(FOLDER, ignore_errors=True)
    for name, folder in (("store", STORE), ("project", PROJECT)):
        with zipfile.ZipFile(FIXTURES / f"{name}.zip") as archive:
            archive.extractall(folder)
    made = json.loads((FIXTURES / "ids.json").read_text())
    bpy.context.preferences.filepaths.save_version = 0
    bpy.ops.wm.open_mainfile(filepath=str(PROJECT / "scene-4.5.blend"))
    scenes.select("House")
    bpy.ops.nano_banana.apply(generation=made["continued"], kind="MATERIAL")
    version = "{}.{}".format(*bpy.app.version)
    scenes.save(PROJECT / f"scene-{version}.blend")
    pack(PROJECT, FIXTURES / "project.zip")


if __name__ == "__main__":
    wanted = sys.argv[1:] or ["make"]
    FIXTURES.mkdir(exist_ok=True)
    if wanted == ["preferences"]:
        save_preferences()
    elif wanted == ["resave"]:
        resave()
    else:
        make()
        make_preferences()
