# SPDX-License-Identifier: GPL-3.0-or-later
"""Finds the Python that a Blender needs, wherever people keep theirs."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

# Which Python each Blender's module is built for.
BLENDERS = {"5.2": "3.13", "4.5": "3.11"}

# A free-threaded build has the same version but cannot load Blender's module.
_PROBE = (
    "import sys, sysconfig; free = sysconfig.get_config_var('Py_GIL_DISABLED'); "
    "print('free' if free else '%d.%d' % sys.version_info[:2])"
)


class PythonMissing(Exception):
    """No Python of that version was found. The message lists where it was looked for and says what
    to do."""

    def __init__(self, version: str) -> None:
        super().__init__(
            f"Python {version} was not found (looked at: PATH, PYENV_ROOT, ~/.pyenv, beside the "
            "running Python, the py launcher, uv). Install it, for example with "
            f"`pyenv install {version}`, or put it on PATH."
        )


def find_python(version: str) -> Path:
    """The first interpreter of that version ("3.13") which really starts.

    Raises PythonMissing. The last resort, a download by uv, may be refused by the machine's
    network.
    """
    for candidate in _list_candidates(version):
        if _read_version(candidate) == version:
            return candidate
    for arguments in (["find"], ["install"], ["find"]):
        answer = _ask_uv([*arguments, version])
        if arguments == ["find"] and answer and _read_version(Path(answer)) == version:
            return Path(answer)
    raise PythonMissing(version)


def choose_blender(version: str | None) -> str:
    """The version of the Blender to use: the given one, or the newest whose Python is found.

    Raises PythonMissing, also when the given one cannot run.
    """
    if version:
        find_python(BLENDERS[version])
        return version
    for blender, python in BLENDERS.items():
        try:
            find_python(python)
        except PythonMissing as error:
            print(f"dev.py: Blender {blender} left aside: {error}", file=sys.stderr)
        else:
            return blender
    raise PythonMissing(" or ".join(BLENDERS.values()))


def _list_candidates(version: str) -> Iterator[Path]:
    base = Path(getattr(sys, "_base_executable", sys.executable))
    yield base
    yield base.resolve()
    names = (f"python{version}", "python3", "python")
    for folder in os.get_exec_path():
        for name in names:
            if path := shutil.which(name, path=folder):
                yield Path(path)
    yield from _list_version_folders(version)
    if launcher := shutil.which("py"):
        answer = _capture([launcher, f"-{version}", "-c", "import sys; print(sys.executable)"])
        if answer:
            yield Path(answer)


def _list_version_folders(version: str) -> Iterator[Path]:
    """Pyenv's folders. The one beside the running Python is found even when the home folder is
    another's."""
    roots = [Path(os.environ["PYENV_ROOT"]) / "versions"] if "PYENV_ROOT" in os.environ else []
    roots += [Path.home() / ".pyenv" / "versions", Path(sys.base_prefix).resolve().parent]
    for root in roots:
        for folder in sorted(root.glob(f"*{version}*"), reverse=True):
            yield from (folder / "bin" / f"python{version}", folder / "python.exe")


def _read_version(python: Path) -> str:
    return _capture([str(python), "-I", "-c", _PROBE]) if python.is_file() else ""


def _ask_uv(arguments: list[str]) -> str:
    from devtools.environments import find_uv

    return _capture([find_uv(), "python", *arguments], seconds=120)


def _capture(command: list[str], seconds: float = 20) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=seconds)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
