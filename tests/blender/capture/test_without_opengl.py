"""Where no OpenGL exists Blender would die of trying: a child tries, and Cycles stands in."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import bpy

SCRIPT = """
import sys, pathlib
import bpy
from nano_banana_addon.blender.host import gpu_probe
from nano_banana_addon.blender.capture import CaptureSettings, capture
assert not gpu_probe.can_draw()
scene = bpy.context.scene
scene.render.engine = {engine!r}
scene.cycles.use_denoising = False  # takes longer than all else, and nobody looks at the images
for source in ("CAMERA", "VIEWPORT", "RENDER"):
    settings = CaptureSettings(source, shading="SOLID", model="gemini-3.1-flash-image", image_size="512")
    captured = capture(bpy.context, settings, pathlib.Path(sys.argv[1]))
    print("TAKEN", source, captured.notes[0])
print("ENGINE", scene.render.engine, len(bpy.data.scenes), len(bpy.data.cameras))
"""


def test_cycles_stands_in_with_a_note(tmp_path: Path) -> None:
    root = Path(__file__).parents[3]
    hidden = {
        "__EGL_VENDOR_LIBRARY_FILENAMES": os.devnull,
        "LIBGL_DRIVERS_PATH": os.devnull,
        "DISPLAY": "",
        "WAYLAND_DISPLAY": "",
    }
    inside = bpy.utils.resource_path("LOCAL")  # Blender adds these itself
    importable = [path for path in sys.path if not path.startswith(inside)]
    paths = os.pathsep.join([str(root), *importable])
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT.format(engine="BLENDER_WORKBENCH"), str(tmp_path)],
        env={**os.environ, **hidden, "PYTHONPATH": paths},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    taken = [line for line in done.stdout.splitlines() if line.startswith("TAKEN")]
    assert len(taken) == 3
    assert all("no OpenGL" in line and "Cycles" in line for line in taken)
    assert "ENGINE BLENDER_WORKBENCH 1 1" in done.stdout
