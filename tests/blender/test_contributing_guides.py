# SPDX-License-Identifier: GPL-3.0-or-later
"""CONTRIBUTING's guides are enough: their blocks go into a copy of the add-on, which is installed and used."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

from tests.support import installed
from tests.support.contributing import read_guide
from tests.support.source import ROOT

#: Each guide, and what uses what it adds.
GUIDES = {
    "A delivery target": "tests/blender/deliver/case_new_target.py",
    "A capture source": "tests/blender/capture/case_new_source.py",
    "A setting of the request": "tests/blender/flow/case_new_setting.py",
}


def build_extended_zip(folder: Path) -> Path:
    """The zip of the checkout with the blocks of all guides in it."""
    copy, path = folder / "copy", folder / "extended.zip"
    with zipfile.ZipFile(installed.built_zip()) as archive:
        archive.extractall(copy)
    for title in GUIDES:
        for block in read_guide(title):
            block.apply(copy)
    with zipfile.ZipFile(path, "w") as archive:
        for file in sorted(copy.rglob("*")):
            archive.write(file, file.relative_to(copy))
    return path


def test_what_the_guides_add_works_in_blender(tmp_path):
    """In a process of its own: this one has the add-on as it is."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *GUIDES.values()]
    variables = os.environ | {installed.OTHER_ZIP: str(build_extended_zip(tmp_path))}
    done = subprocess.run(command, cwd=ROOT, env=variables, capture_output=True, text=True, timeout=400)
    assert done.returncode == 0, done.stdout + done.stderr
    assert " passed" in done.stdout
    assert "skipped" not in done.stdout
