# SPDX-License-Identifier: GPL-3.0-or-later
"""Each demo runs from start to end in real Blender, and leaves images, boards and scenes that can be opened."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pypdf
import pytest
from PIL import Image

from dev import locate_venv_python
from devtools.paths import ROOT

pytestmark = pytest.mark.soak

#: What each leaves at least, by the end of its name.
LEFT = {
    "restyle": {".png": 2, ".blend": 1},
    "texture": {".png": 2, ".blend": 1},
    "edit": {".png": 1},
    "storyboard": {".png": 1, ".pdf": 1, ".blend": 1},
    "material": {".png": 1, ".blend": 1},
}


@pytest.mark.parametrize("name", LEFT)
def test_a_demo_leaves_what_it_says(name: str, tmp_path: Path) -> None:
    arguments = [*([] if name == "restyle" else [name]), "--out", str(tmp_path)]
    code = f"import sys; from devtools import commands; sys.exit(commands.demo({arguments!r}))"
    python = locate_venv_python()
    done = subprocess.run([str(python), "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=1800)
    assert done.returncode == 0, done.stderr[-2000:]
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    counts = {end: sum(path.suffix == end for path in files) for end in LEFT[name]}
    assert all(counts[end] >= count for end, count in LEFT[name].items()), counts
    for path in files:
        if path.suffix == ".png":
            with Image.open(path) as image:
                assert any(low != high for low, high in image.convert("RGB").getextrema()), path.name
        elif path.suffix == ".pdf":
            assert len(pypdf.PdfReader(path).pages) >= 1
