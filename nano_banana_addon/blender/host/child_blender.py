# SPDX-License-Identifier: GPL-3.0-or-later
"""Another Blender like this one, without a window and with factory settings, for what must not happen in this one."""

from __future__ import annotations

import sys

import bpy


def build_command(script: str, *arguments: str) -> list[str]:
    """The command line that runs a script in a Blender of its own; `arguments` are the last ones of its `sys.argv`.

    Its exit status is 1 when the script raises, also in Python's module bpy.
    """
    if bpy.app.module:
        return [sys.executable, "-c", script, *arguments]
    options = ("--background", "--factory-startup", "--disable-autoexec", "--python-exit-code", "1")
    return [bpy.app.binary_path, *options, "--python-expr", script, "--", *arguments]
