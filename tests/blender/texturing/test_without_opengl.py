# SPDX-License-Identifier: GPL-3.0-or-later
"""Where no OpenGL exists, painting views is refused with the reason; Blender does not end, and nothing is paid."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import bpy

SCRIPT = """
import bpy
from nano_banana_addon.features.texture.views import targets
from nano_banana_addon.core.errors import InputError
bpy.ops.mesh.primitive_cube_add()
try:
    targets.read([bpy.context.object])
except InputError as error:
    print("REFUSED", error.to_sentence())
"""


def test_texturing_is_refused_with_the_reason() -> None:
    hidden = {
        "__EGL_VENDOR_LIBRARY_FILENAMES": os.devnull,
        "LIBGL_DRIVERS_PATH": os.devnull,
        "DISPLAY": "",
        "WAYLAND_DISPLAY": "",
    }
    inside = bpy.utils.resource_path("LOCAL")  # Blender adds these itself
    importable = [path for path in sys.path if not path.startswith(inside)]
    paths = os.pathsep.join([str(Path(__file__).parents[3]), *importable])
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        env={**os.environ, **hidden, "PYTHONPATH": paths},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert "REFUSED Blender cannot draw on this machine" in done.stdout
    assert "libgl1" in done.stdout
