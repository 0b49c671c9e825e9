# SPDX-License-Identifier: GPL-3.0-or-later
"""Drawing without a window: the GPU is woken once per process."""

from __future__ import annotations

import atexit
import sys

import bpy
import gpu

from ...core.errors import InputError
from . import gpu_probe

_is_initialised = False
#: Where shaders are kept once they are compiled.
_SHADER_MODULES = ("bake.shaders", "bake.project_shader", "guides.shaders")


def release() -> None:
    """Let go of the compiled shaders; called when the add-on is disabled, which Blender does before it quits.

    Freed later, when the GPU is gone, they end Blender with a crash.
    """
    atexit.unregister(release)
    for name in _SHADER_MODULES:
        module = sys.modules.get(f"{__package__.rpartition('.')[0]}.{name}")
        for attribute in vars(module).values() if module else ():
            if hasattr(attribute, "cache_clear"):
                attribute.cache_clear()


def initialise_gpu() -> None:
    """Make the `gpu` module draw, also in background mode; cheap after the first call.

    5.2 has `gpu.init()`; before it, a render by Workbench makes the context (0.07 to 0.5 s). Raises `InputError` where
    there is no OpenGL or Vulkan. On a machine without the libraries themselves Blender ends the process, so a child
    process tries first.
    """
    global _is_initialised
    if _is_initialised:
        return
    is_drawable = gpu_probe.can_draw()
    if is_drawable and bpy.app.background:
        _initialise_in_background()
    if not is_drawable or not _can_draw():
        raise InputError(
            "Blender cannot draw on this machine: there is no OpenGL or Vulkan.",
            next_step="Install the graphics libraries (on Linux: libgl1, libegl1), or use a machine with a GPU.",
        )
    _is_initialised = True
    atexit.register(release)  # a script that ends Blender by sys.exit() disables nothing


def _initialise_in_background() -> None:
    if hasattr(gpu, "init"):
        gpu.init()
    elif not _can_draw():
        _render_once()


def _can_draw() -> bool:
    try:
        gpu.types.GPUTexture((1, 1), format="RGBA8")
    except (SystemError, RuntimeError, ValueError):
        return False
    return True


def _render_once() -> None:
    """One tiny render of a temporary scene; nothing of it stays in the file.

    There is a triangle in it: after an *empty* render by Workbench, objects are missing from later ones.
    """
    mesh = bpy.data.meshes.new("Wake GPU")
    mesh.from_pydata([(0, 0, -1), (1, 0, -1), (0, 1, -1)], [], [(0, 1, 2)])
    triangle = bpy.data.objects.new("Wake GPU", mesh)
    scene = bpy.data.scenes.new("Wake GPU")
    camera_data = bpy.data.cameras.new("Wake GPU")
    camera = bpy.data.objects.new("Wake GPU", camera_data)
    try:
        scene.render.engine = "BLENDER_WORKBENCH"
        scene.render.resolution_x = scene.render.resolution_y = 8
        scene.render.resolution_percentage = 100
        scene.collection.objects.link(camera)
        scene.collection.objects.link(triangle)
        scene.camera = camera
        # The operator evaluates the context's scene anew, which would undo changes that are not keyed.
        with bpy.context.temp_override(scene=scene, view_layer=scene.view_layers[0]):
            bpy.ops.render.render(scene=scene.name)
    finally:
        bpy.data.objects.remove(triangle)
        bpy.data.meshes.remove(mesh)
        bpy.data.objects.remove(camera)
        bpy.data.cameras.remove(camera_data)
        bpy.data.scenes.remove(scene)


def is_software() -> bool:
    """Whether the processor draws because there is no graphics card; False where nothing can be drawn at all."""
    try:
        if not gpu_probe.can_draw():
            return False
        initialise_gpu()
    except InputError:
        return False
    return any(name in gpu.platform.renderer_get().lower() for name in ("llvmpipe", "softpipe"))
