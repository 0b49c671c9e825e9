# SPDX-License-Identifier: GPL-3.0-or-later
"""OpenGL and Vulkan bake the same maps and draw the same guides."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import bpy
import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from tests.ui.driver import OUTPUT, Steps, play

SECONDS = 100
#: Of 255. Backends may round a coordinate differently, and a texel at an outline may then be seen or not.
ALIKE, MAY_DIFFER = 2, 0.002


def drawn_with(backend: str) -> dict[str, NDArray[np.generic]]:
    """What Blender draws with a backend, in a process of its own."""
    path = OUTPUT / f"{backend}.npz"
    script = Path(__file__).with_name("backend_pictures.py")
    command = [bpy.app.binary_path, "-b", "--gpu-backend", backend, "--python-exit-code", "1"]
    command += ["--python-use-system-env", "--python", str(script), "--", str(path)]
    subprocess.run(command, check=True, timeout=SECONDS)
    with np.load(path) as arrays:
        return dict(arrays)


def steps() -> Steps:
    ours, theirs = drawn_with("opengl"), drawn_with("vulkan")
    backends = (str(ours.pop("backend")), str(theirs.pop("backend")))
    assert backends == ("OPENGL", "VULKAN"), f"this machine draws with {backends}"
    assert ours.keys() == theirs.keys()
    for name, picture in ours.items():
        apart = np.abs(picture.astype(int) - theirs[name]).max(axis=-1) > ALIKE
        assert apart.mean() <= MAY_DIFFER, f"{name}: {apart.mean():.2%} differ"
    yield None


play(steps)
