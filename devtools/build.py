# SPDX-License-Identifier: GPL-3.0-or-later
"""Builds the zips with Blender's own tool. The result is kept by the hash of what went in."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from devtools import archives, stage
from devtools.paths import BUILD, ROOT
from devtools.wheels import PINS, current_platform, fetch_wheels

_BUILDERS = ("stage.py", "wheels.py", "build.py", "archives.py")
_KEPT = 6


def hash_content(platforms: list[str]) -> str:
    """Changes whenever a zip would: with the shipped files, the pinned wheels, the platforms or
    these tools."""
    digest = hashlib.sha256(repr(platforms).encode())
    sources = [ROOT / name for name in stage.shipped_files()]
    for path in [*sources, PINS, *(ROOT / "devtools" / name for name in _BUILDERS)]:
        content = path.read_bytes()
        digest.update(f"{path.relative_to(ROOT).as_posix()}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()[:16]


def build(blender_python: Path, platforms: list[str]) -> list[Path]:
    """The validated zips of these platforms, built only when something changed.

    blender_python has the bpy module, whose extension tool does the work; bpy itself is not
    imported. Several builds may run at once: each works in a folder of its own, which is renamed
    when it is complete.
    """
    folder = BUILD / "zips" / hash_content(platforms)
    if not folder.is_dir():
        folder.parent.mkdir(parents=True, exist_ok=True)
        started = Path(tempfile.mkdtemp(dir=folder.parent, prefix="."))
        try:
            build_into(started / "zips", blender_python, platforms)
            (started / "zips").rename(folder)
        except OSError:
            if not folder.is_dir():
                raise
        finally:
            shutil.rmtree(started, ignore_errors=True)
        _remove_old(folder.parent)
    return sorted(folder.glob("*.zip"))


def build_here(blender_python: Path) -> Path:
    """Build, or find, the zip of the machine at hand."""
    (only,) = build(blender_python, [current_platform()])
    return only


def validate(blender_python: Path, path: Path) -> None:
    """Check the zip with Blender's tool. Raises CalledProcessError when it finds fault."""
    run_tool(blender_python, "validate", str(path))


def build_into(folder: Path, blender_python: Path, platforms: list[str]) -> None:
    """Build the zips into a new folder; beside it lies what went in. The same files give the same zips, byte for
    byte, wherever and whenever they are built with the same zlib."""
    folder.mkdir()
    for target in platforms:  # one by one: the tool would put wheels without a platform into all zips
        source = folder.parent / f"stage-{target}"
        source.mkdir()
        stage.fill(source, fetch_wheels(target), [target])
        where = ["--source-dir", str(source), "--output-dir", str(folder)]
        run_tool(blender_python, "build", "--split-platforms", *where)
    for path in folder.glob("*.zip"):
        archives.normalise(path)
        validate(blender_python, path)


def run_tool(blender_python: Path, *arguments: str) -> None:
    """Run Blender's extension tool; its output is shown where it fails. Raises CalledProcessError."""
    command = [str(blender_python), str(_find_extension_tool(blender_python)), *arguments]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        print(done.stdout + done.stderr, file=sys.stderr)
        raise subprocess.CalledProcessError(done.returncode, command)


def _find_extension_tool(blender_python: Path) -> Path:
    find = "import importlib.util as u; print(u.find_spec('bpy').submodule_search_locations[0])"
    done = subprocess.run([str(blender_python), "-c", find], check=True, capture_output=True, text=True)
    (tool,) = Path(done.stdout.strip()).glob("*/scripts/addons_core/bl_pkg/cli/blender_ext.py")
    return tool


def _remove_old(folder: Path) -> None:
    """Every edit makes a new zip while developing; a few are kept for those who still install from
    them."""
    kept = sorted(folder.glob("[!.]*"), key=os.path.getmtime, reverse=True)[:_KEPT]
    for path in set(folder.glob("[!.]*")) - set(kept):
        shutil.rmtree(path, ignore_errors=True)
