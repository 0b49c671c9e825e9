# SPDX-License-Identifier: GPL-3.0-or-later
"""A fresh Blender process: goes through the stages it is told and notes what it finds after each.

    python life.py NOTES.json ZIP STAGE …        stages: install enable use disable uninstall

No test helper is imported here, so that Blender's own check of extensions sees the extension alone.
"""

from __future__ import annotations

import json
import sys
import threading
from pathlib import Path

MODULE = "bl_ext.user_default.nano_banana"
# What only a generation needs: every start of Blender would wait for it.
_HEAVY = ("httpx", "PIL", "numpy", f"{MODULE}.nano_banana_addon.core.request")
_PARTS = (
    "storage.store",
    "storage.database",
    "storage.files",
    "storage.keyring.",
    "worker",
    "blender.deliver.material.",
    "core.material.",
    "core.scene.capture",
    "imaging",
)
_UNNEEDED = tuple(f"{MODULE}.nano_banana_addon.{part}" for part in _PARTS)


def watch_timers(timers: set) -> None:
    """Blender cannot list timers: note which functions were ever registered, pass them on."""
    import bpy

    register = bpy.app.timers.register

    def do(function, **named):
        timers.add(function)
        return register(function, **named)

    bpy.app.timers.register = do


def watch_commands(commands: set) -> None:
    """Nor commands: keep those whose handle was not given back."""
    import bpy

    inner, outer = bpy.utils.register_cli_command, bpy.utils.unregister_cli_command

    def do(name, execute):
        handle = inner(name, execute)
        commands.add(handle)
        return handle

    def undo(handle):
        commands.discard(handle)
        return outer(handle)

    bpy.utils.register_cli_command, bpy.utils.unregister_cli_command = do, undo


def found(timers: set, commands: set) -> dict:
    """Everything in this process that an extension could have left in it."""
    import bpy

    handlers = {
        f"{name}: {function.__module__}.{function.__qualname__}"
        for name in dir(bpy.app.handlers)
        if isinstance(functions := getattr(bpy.app.handlers, name), list)
        for function in functions
    }
    owners = (bpy.types.Scene, bpy.types.WindowManager, bpy.types.Object, bpy.types.Image)
    configs = bpy.context.window_manager.keyconfigs
    keymaps = [m for c in (configs.addon, configs.user) if c for m in c.keymaps]
    return {
        "classes": sorted(n for n in dir(bpy.types) if "nano_banana" in n.lower()),
        "operators": sorted(dir(bpy.ops.nano_banana)),
        "properties": sorted(f"{o.__name__}.{n}" for o in owners for n in dir(o) if "nano_banana" in n),
        "preferences": MODULE in bpy.context.preferences.addons,
        "timers": sorted(str(f) for f in timers if bpy.app.timers.is_registered(f)),
        "commands": len(commands),
        "handlers": sorted(h for h in handlers if "nano_banana" in h),
        "keymap_items": sorted(i.idname for m in keymaps for i in m.keymap_items if "nano_banana" in i.idname),
        "header_functions": drawn_by_us(),
        "children": children(),
        "threads": sorted(t.name for t in threading.enumerate() if t is not threading.main_thread()),
        "imported": sorted(n for n in sys.modules if n in _HEAVY or n.startswith(_UNNEEDED)),
    }


def drawn_by_us() -> list[str]:
    import bpy

    kinds = [getattr(bpy.types, name) for name in dir(bpy.types)]
    functions = [f for k in kinds for f in getattr(getattr(k, "draw", None), "_draw_funcs", ())]
    return sorted(str(f) for f in functions if MODULE in f.__module__)


def children() -> list[str]:
    """Child processes that still run, where /proc tells."""
    lists = Path("/proc/self/task").glob("*/children")
    return [pid for text in lists for pid in text.read_text().split()]


def use() -> None:
    """A dry run through the whole add-on: what it registers lazily is registered then."""
    import bpy

    scene = bpy.context.scene
    for name in scene.nano_banana.bl_rna.properties.keys():  # noqa: SIM118 -- not a dict
        getattr(scene.nano_banana, name)
    bpy.ops.wm.read_homefile(use_empty=True)


def main(notes: str, path: str, stages: list[str]) -> None:
    import bpy

    timers, commands, told = set(), set(), {}
    watch_timers(timers)
    watch_commands(commands)
    told["before"] = found(timers, commands)
    install = bpy.ops.extensions.package_install_files
    repositories = [r.module for r in bpy.context.preferences.extensions.repos]
    verbs = {
        "install": lambda: install(filepath=path, repo="user_default", enable_on_install=False),
        "enable": lambda: bpy.ops.preferences.addon_enable(module=MODULE),
        "use": use,
        "disable": lambda: bpy.ops.preferences.addon_disable(module=MODULE),
        "uninstall": lambda: bpy.ops.extensions.package_uninstall(
            repo_index=repositories.index("user_default"), pkg_id="nano_banana"
        ),
    }
    for stage in stages:
        verbs[stage]()
        told[stage] = found(timers, commands)
    Path(notes).write_text(json.dumps(told))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3:])
