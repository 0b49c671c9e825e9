# SPDX-License-Identifier: GPL-3.0-or-later
"""The listing of an asset library, by which Blender 5.2 reads it from a web server. Blender's own generator writes it.

That generator closes the open file, so it runs in another Blender.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import bpy

from ...blender.deliver.datablocks import ownership_tags
from ...blender.deliver.datablocks.ownership_tags import Role
from ...blender.deliver.pbr import catalog
from ...blender.host import child_blender, compat
from ...core.errors import ErrorKind, InputError, NanoBananaError
from ...core.files import build_disk_error, convert_disk_errors, write_together
from ...session import background_tasks
from ...worker import child_process

_SCRIPT = """
import bpy, sys
from _bpy_internal.assets.remote_library import asset_listing_main
if status := asset_listing_main(["generate", sys.argv[-1]]):
    raise SystemExit(status)
"""
#: What the generator logs of each file before it reads it.
_FILE_LINE = re.compile(r"\* (\d+)/(\d+): (.+)")
_MAX_DETAIL = 200  # characters


def find_library() -> Path | None:
    """The asset library of the preferences that the open file lies in, if this Blender writes listings. For draw()."""
    return next(iter(catalog.list_libraries(bpy.data.filepath)), None) if compat.WRITES_LISTINGS else None


def choose_folder(blend_path: Path) -> Path:
    """The folder to list for a file: the asset library that it lies in, else its own."""
    return next(iter(catalog.list_libraries(str(blend_path))), blend_path.parent)


def start() -> None:
    """Write the listing of the open file's asset library in the background. Raises `InputError`."""
    folder = require_library()
    task = background_tasks.Task(f"Listing the assets of {folder.name} …", "nano_banana.material_listing")

    def work() -> str:
        write(folder, task.advance)
        return f"The listing of the asset library {folder} was written."

    background_tasks.start(work, task.title, task)


def write(folder: Path, on_progress: Callable[[float], None] = lambda _: None) -> None:
    """Write the listing of a folder of .blend files, with the assets' previews, and wait for it; on any thread.

    What `on_progress` raises ends it, and what was listed before stays. Raises `NanoBananaError`.
    """
    require_support()
    if not folder.is_dir():
        raise InputError(f"There is no folder {folder}.", next_step="Save the file in it first.")
    on_progress(0.0)
    before = _read_listing(folder)
    try:
        process = subprocess.Popen[str](
            child_blender.build_command(_SCRIPT, str(folder.absolute())),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
            env=child_process.environment(),
            **child_process.apart(),
        )
    except OSError as error:
        raise build_disk_error("Another Blender cannot be started", error) from error
    try:
        name, last_line = _follow(process, on_progress)
        process.wait()
    finally:
        process.kill()
        if process.wait():
            _restore_listing(folder, before)
    if process.returncode:
        raise NanoBananaError(
            ErrorKind.DISK,
            f"Blender could not list the assets of {folder}.",
            next_step="Take files that Blender cannot open out of the folder, check its disk, and try again.",
            detail=f"{name}: {last_line[-_MAX_DETAIL:]}".removeprefix(": "),
        )


def require_support() -> None:
    """Raise `InputError` where this Blender writes no listings."""
    if not compat.WRITES_LISTINGS:
        raise InputError(
            "Listings of asset libraries are written by Blender 5.2 and later.",
            next_step="Use one of those for it; the assets need no change.",
        )


def require_library() -> Path:
    """The asset library of the open file. Raises `InputError` where others could not use what is listed."""
    require_support()
    folder = find_library()
    if folder is None:
        raise InputError(
            "This file is in no asset library.",
            next_step="Add its folder to the asset libraries in the preferences, or save it in one of them.",
        )
    if bpy.data.is_dirty and not bpy.app.background:  # without a window it stays so after saving
        raise InputError("The file has changes that are not saved.", next_step="Save it, then write the listing.")
    maps = ownership_tags.find_by_role(bpy.data.images, Role.MAP)
    if any(image.packed_file is None for image in maps):
        raise InputError(
            "The maps of this file's materials are not packed; a remote library delivers .blend files alone.",
            next_step="Choose File > External Data > Pack Resources, and save.",
        )
    return folder


def _list_files(folder: Path) -> list[Path]:
    """The files of the listing that is there; their previews lie beside the .blend files."""
    paths = (*folder.glob("_v1/*.json"), folder / "_asset-library-meta.json")
    return [path for path in paths if path.is_file()]


def _read_listing(folder: Path) -> dict[Path, bytes]:
    with convert_disk_errors(f"The listing in {folder} cannot be read", "Check the folder's permissions."):
        return {path: path.read_bytes() for path in _list_files(folder)}


def _restore_listing(folder: Path, before: dict[Path, bytes]) -> None:
    """Put back what was listed before a generator that did not end: it removes its old files first."""
    with suppress(OSError):  # a full disk: the trouble is told, and the listing is written again after it
        for path in _list_files(folder):
            if path not in before:
                path.unlink()
        write_together({path: content for path, content in before.items() if not _has(path, content)})
        (folder / "_v1").rmdir()  # if nothing is in it


def _has(path: Path, content: bytes) -> bool:
    return path.is_file() and path.read_bytes() == content


def _follow(process: subprocess.Popen[str], on_progress: Callable[[float], None]) -> tuple[str, str]:
    """Tell how far the generator is until it ends; the file that it read last, and its last line."""
    if process.stdout is None:
        raise RuntimeError("a process without pipes")
    name, last_line, fraction = "", "", 0.0
    for line in child_process.read_lines(process.stdout):
        last_line = (line or "").strip() or last_line
        if found := _FILE_LINE.search(line or ""):
            number, count, name = int(found[1]), int(found[2]), found[3].strip()
            fraction = (number - 1) / max(count, 1)
        on_progress(fraction)  # also when there is nothing new: it may have been cancelled
    return name, last_line
