# SPDX-License-Identifier: GPL-3.0-or-later
"""A fresh Blender process: the extension by way of a repository, one stage after another.

    python repository_life.py NOTES.json URL STAGE …

Stages: add install change update look disable uninstall forget

The preferences are read first and saved last, as Blender does when it starts and quits.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

PACKAGE = "nano_banana"


def find_repository(url: str) -> tuple[int, str]:
    """Its index and module name."""
    import bpy

    repositories = list(bpy.context.preferences.extensions.repos)
    (index,) = [i for i, each in enumerate(repositories) if each.remote_url == url]
    return index, repositories[index].module


def add(url: str) -> None:
    import bpy

    bpy.context.preferences.system.use_online_access = True
    bpy.ops.preferences.extension_repo_add(name="Nano", remote_url=url, type="REMOTE")


def install(url: str) -> None:
    import bpy

    index, _ = find_repository(url)
    bpy.ops.extensions.repo_sync(repo_index=index)
    bpy.ops.extensions.package_install(repo_index=index, pkg_id=PACKAGE, enable_on_install=True)


def change(url: str) -> None:
    """Set preferences to other values than their defaults."""
    prefs = find_preferences(url)
    prefs.provider, prefs.at_once, prefs.key_google = "openai", 7, "a-key-that-stays"


def update(url: str) -> None:
    """What the button Update All does."""
    import bpy

    index, _ = find_repository(url)
    bpy.ops.extensions.repo_sync(repo_index=index)
    bpy.ops.extensions.package_upgrade_all(use_active_only=False)


def disable(url: str) -> None:
    import bpy

    bpy.ops.preferences.addon_disable(module=find_module(url))


def uninstall(url: str) -> None:
    import bpy

    bpy.ops.extensions.package_uninstall(repo_index=find_repository(url)[0], pkg_id=PACKAGE)


def forget(url: str) -> None:
    """Remove the repository, with its files."""
    import bpy

    bpy.ops.preferences.extension_repo_remove(index=find_repository(url)[0], remove_files=True)


def find_module(url: str) -> str:
    return f"bl_ext.{find_repository(url)[1]}.{PACKAGE}"


def find_preferences(url: str) -> object:
    import bpy

    return bpy.context.preferences.addons[find_module(url)].preferences


def look(url: str) -> dict:
    """What the running extension says of itself and of the artist's choices."""
    import importlib

    import bpy

    module = find_module(url)
    if module not in bpy.context.preferences.addons:
        return {"enabled": False}
    identity = importlib.import_module(f"{module}.nano_banana_addon.identity")
    prefs = find_preferences(url)
    chosen = {"provider": prefs.provider, "at_once": prefs.at_once, "key": prefs.key_google}
    return {"enabled": True, "version": identity.VERSION, "operators": bool(dir(bpy.ops.nano_banana)), **chosen}


def main(notes: str, url: str, stages: list[str]) -> None:
    import bpy

    # The module, unlike the program, does not read them by itself.
    bpy.ops.wm.read_userpref()
    told = {}
    for stage in stages:
        told[stage] = globals()[stage](url)
    bpy.ops.wm.save_userpref()
    Path(notes).write_text(json.dumps(told))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3:])
