# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs inside a Blender environment, in a process of its own: installs the extension, or does
something with it.

    python in_blender.py install ZIP
    python in_blender.py cli FILE|- ARGUMENT …       the extension's command line; its status is the
    exit status python in_blender.py script|module S.py|NAME ARGUMENT …

The profile comes in BLENDER_USER_RESOURCES, which Blender reads when it is imported.
"""

from __future__ import annotations

import importlib
import os
import runpy
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
EXTENSION = "bl_ext.user_default.nano_banana"


def keep_standard_output_clean() -> None:
    """Blender writes its own lines ("Read blend: …") to file 1: they go to the error output
    instead."""
    own = os.dup(1)
    os.dup2(2, 1)
    sys.stdout = os.fdopen(own, "w", buffering=1, encoding="utf-8")


def enable() -> None:
    """Online access on and the extension enabled; as a module Blender does not remember that it
    was."""
    import bpy

    preferences = bpy.context.preferences
    assert preferences is not None
    preferences.system.use_online_access = True
    if "FINISHED" not in set(bpy.ops.preferences.addon_enable(module=EXTENSION) or ()):
        sys.exit("dev.py: the extension could not be enabled, see above")


def disable() -> None:
    """What Blender does when it quits. A handler that stays registered makes 4.5 hang at exit."""
    import bpy

    bpy.ops.preferences.addon_disable(module=EXTENSION)


def install(arguments: list[str]) -> int:
    import bpy

    (path,) = arguments
    bpy.ops.extensions.package_install_files(filepath=path, repo="user_default", enable_on_install=False)
    return 0


def cli(arguments: list[str]) -> int:
    import bpy

    file, *rest = arguments
    if file != "-" and "FINISHED" not in set(bpy.ops.wm.open_mainfile(filepath=file) or ()):
        sys.exit(f"dev.py: {file} could not be opened")
    enable()
    return int(importlib.import_module(f"{EXTENSION}.nano_banana_addon.cli").main(rest) or 0)


def script(arguments: list[str]) -> int:
    _alias_names()
    sys.argv = arguments
    sys.path.insert(0, str(Path(arguments[0]).resolve().parent))
    runpy.run_path(arguments[0], run_name="__main__")
    return 0


def module(arguments: list[str]) -> int:
    _alias_names()
    name, *rest = arguments
    return int(importlib.import_module(name).main(rest) or 0)


def _alias_names() -> None:
    enable()
    sys.path.insert(0, str(ROOT))
    from devtools import identity

    identity.install()


def main(argv: list[str]) -> int:
    verbs = {"install": install, "cli": cli, "script": script, "module": module}
    if argv[0] == "cli":
        keep_standard_output_clean()
    try:
        return verbs[argv[0]](argv[1:])
    finally:
        if argv[0] != "install":
            disable()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
