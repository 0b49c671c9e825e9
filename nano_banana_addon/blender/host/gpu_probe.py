# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether this machine can draw at all. Trying without OpenGL ends Blender, so a child process tries."""

from __future__ import annotations

import functools
import logging
import subprocess

import bpy

from . import child_blender

log = logging.getLogger(__name__)

#: Seconds for Blender to start and draw once; a first start on a slow disk takes about 20.
_TIMEOUT = 120

_PROBE_SCRIPT = """
import bpy, gpu
if hasattr(gpu, "init"):
    gpu.init()
else:
    scene = bpy.data.scenes.new("Probe")
    scene.camera = bpy.data.objects.new("Probe", bpy.data.cameras.new("Probe"))
    scene.render.engine = "BLENDER_WORKBENCH"
    scene.render.resolution_x = scene.render.resolution_y = 8
    bpy.ops.render.render(scene=scene.name)
gpu.types.GPUTexture((1, 1), format="RGBA8")
"""


@functools.cache
def can_draw() -> bool:
    """Whether OpenGL or Vulkan works here.

    With a window it does; without one a child Blender tries, once per session (1-3 seconds).
    """
    if not bpy.app.background:
        return True
    try:
        process = subprocess.run(  # noqa: S603 - this same Blender or Python
            child_blender.build_command(_PROBE_SCRIPT),
            capture_output=True,
            timeout=_TIMEOUT,
            check=False,
            stdin=subprocess.DEVNULL,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        log.warning("could not try whether this machine can draw: %s", error)
        return False
    if process.returncode:
        log.info("no OpenGL: the trial ended with %s", process.returncode)
    return process.returncode == 0
