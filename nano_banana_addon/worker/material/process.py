# SPDX-License-Identifier: GPL-3.0-or-later
"""The maps of a material, computed by a process of their own: 2K takes seconds, and Blender goes on working."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import traceback
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from ...core import serial
from ...core.errors import ErrorKind, InputError, NanoBananaError
from ...core.files import build_disk_error
from ...core.material.values import MaterialChoices, MaterialReport, MaterialSet
from ...storage.files import material_files
from .. import child_process

_NICE = 5
_MAX_DETAIL = 500  # characters
_ENDING = 5.0  # seconds in which a process ends that has closed its output


def compute(
    source: Path, folder: Path, name: str, choices: MaterialChoices, on_progress: Callable[[float], None]
) -> MaterialSet:
    """Write the maps of an image file into `folder`, in a child process, and wait for it.

    What `on_progress` raises ends the process. Raises `NanoBananaError`; then no set is recorded there.
    """
    said = {"source": str(source), "folder": str(folder), "name": name, "choices": serial.to_plain(choices)}
    return _run(said, folder, on_progress)


def compute_generated(
    base: MaterialSet, answer: Path, folder: Path, on_progress: Callable[[float], None]
) -> MaterialSet:
    """The same with roughness and metallic from an image that shows them side by side; the others are those of `base`.

    As `compute`.
    """
    files = {key: path for key, path in base.files.items() if key != material_files.PREVIEW}
    maps = {"name": base.name, "size": list(base.size), "report": serial.to_plain(base.report), "files": files}
    return _run({"base": maps, "answer": str(answer), "folder": str(folder)}, folder, on_progress)


def _run(said: Mapping[str, Any], folder: Path, on_progress: Callable[[float], None]) -> MaterialSet:
    hello = {"paths": [str(Path(__file__).resolve().parents[3]), *filter(None, sys.path)], **said}
    process = _start()
    try:
        _follow(process, hello, on_progress)
        with suppress(subprocess.TimeoutExpired):
            process.wait(_ENDING)
    finally:
        process.kill()
        process.wait()
        with suppress(OSError), process:  # closes its pipes: what it did not read cannot be written any more
            pass
    if (found := material_files.read_record(folder)) is None:
        detail = f"exit status {process.returncode}"
        raise NanoBananaError(ErrorKind.INTERNAL, "The process that computes the maps ended early.", detail=detail)
    return found


def _start() -> subprocess.Popen[bytes]:
    command = child_process.command(sys.executable, "material.process")
    try:
        return subprocess.Popen[bytes](
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=child_process.environment(),
            **child_process.apart(),
        )
    except OSError as error:
        raise build_disk_error("The process that computes the maps cannot be started", error) from error


def _follow(process: subprocess.Popen[bytes], hello: Mapping[str, Any], on_progress: Callable[[float], None]) -> None:
    """Pass on what the process says until it ends."""
    if process.stdin is None or process.stdout is None:
        raise RuntimeError("a process without pipes")
    with suppress(OSError):  # it has ended: there is nothing to read then
        process.stdin.write(json.dumps(hello).encode() + b"\n")
        process.stdin.flush()
    fraction = 0.0
    for line in child_process.read_lines(process.stdout):
        if not line:
            on_progress(fraction)  # nothing new: it may have been cancelled
            continue
        said = json.loads(line)
        if "error" in said:
            kind, message, next_step, detail = said["error"]
            if kind == ErrorKind.INPUT:
                raise InputError(message, next_step=next_step, detail=detail)
            raise NanoBananaError(ErrorKind(kind), message, next_step=next_step, detail=detail)
        fraction = float(said["fraction"])
        on_progress(fraction)


def main(hello: Mapping[str, Any], _descriptor: int) -> int:
    """The child process: compute, and say on standard output how far it is, or what went wrong."""
    if hasattr(os, "nice"):
        with suppress(OSError):
            os.nice(_NICE)
    try:
        _write_maps(hello)
    except NanoBananaError as error:
        _say(error=(error.kind.value, error.message, error.next_step, error.detail))
        return 1
    except BrokenPipeError:  # Blender has ended
        return 1
    except Exception:  # noqa: BLE001 - the top of the process
        _say(error=(ErrorKind.INTERNAL.value, "", "", traceback.format_exc()[-_MAX_DETAIL:]))
        return 1
    return 0


def _write_maps(hello: Mapping[str, Any]) -> None:
    from ...imaging.material.preview import write_preview  # NumPy: not for Blender's side

    folder = Path(hello["folder"])
    found = _generate(hello, folder) if "base" in hello else _derive(hello, folder)
    material_files.write_record(folder, write_preview(found, material_files.PREVIEW))


def _generate(hello: Mapping[str, Any], folder: Path) -> MaterialSet:
    from ...imaging.material.generated_maps import write_generated

    plain = hello["base"]
    report = serial.from_plain(MaterialReport, plain["report"])
    base = MaterialSet(plain["name"], tuple(plain["size"]), report, plain["files"])
    return write_generated(base, Path(hello["answer"]), folder, lambda f: _say(fraction=f))


def _derive(hello: Mapping[str, Any], folder: Path) -> MaterialSet:
    from ...imaging.formats import raw
    from ...imaging.material.files import write_material

    choices = serial.from_plain(MaterialChoices, hello["choices"])
    source = Path(hello["source"])
    source = raw.convert_to_png(source) if source.suffix == raw.SUFFIX else source
    return write_material(source, folder, hello["name"], choices, lambda f: _say(fraction=f))


def _say(**said: object) -> None:
    sys.stdout.write(json.dumps(said) + "\n")
    sys.stdout.flush()
