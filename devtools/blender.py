# SPDX-License-Identifier: GPL-3.0-or-later
"""Starts processes in which the built extension is installed and enabled, as a user has it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock

from devtools.build import build_here
from devtools.environments import ensure_environment
from devtools.paths import PROFILES, ROOT, caller_folder

STORE = PROFILES / "store"
_IN_BLENDER = ROOT / "devtools" / "in_blender.py"


@dataclass(frozen=True)
class Blender:
    """A Blender environment with a profile of its own below .profile, where the current zip is
    installed."""

    python: Path
    profile: Path
    store: Path

    def call(self, verb: str, *arguments: str, stdout: int | None = None) -> int:
        """Run one verb of in_blender.py from the caller's folder; the exit status of the process.

        stdout: another file descriptor for its standard output.
        """
        # -P: the tools' folder must not hide modules of the same name.
        command = [str(self.python), "-P", str(_IN_BLENDER), verb, *arguments]
        try:
            return subprocess.run(command, cwd=caller_folder(), env=self.variables(), stdout=stdout).returncode
        except KeyboardInterrupt:
            return 130

    def variables(self) -> dict[str, str]:
        """The environment of a process that shall use this profile and store."""
        own = {"BLENDER_USER_RESOURCES": str(self.profile), "NANO_BANANA_HOME": str(self.store)}
        return os.environ | own


def prepare_blender(kind: str, version: str, store: Path = STORE, fresh: bool = False) -> Blender:
    """The Blender of requirements/<kind>-<version>.txt with the extension as it is in the checkout
    now.

    Raises PythonMissing, or CalledProcessError when setting up, building or installing fails.
    """
    python = ensure_environment(f"{kind}-{version}")
    blender = Blender(python, PROFILES / f"{kind}-{version}", store)
    PROFILES.mkdir(exist_ok=True)
    with FileLock(f"{blender.profile}.lock"):
        if fresh:
            shutil.rmtree(blender.profile, ignore_errors=True)
            shutil.rmtree(store, ignore_errors=True)
        store.mkdir(parents=True, exist_ok=True)
        _install_current(blender)
    return blender


def _install_current(blender: Blender) -> None:
    path = build_here(blender.python)
    stamp = blender.profile / "installed.txt"
    stamp_text = f"{path.parent.name}\n{blender.python}\n"
    if stamp.is_file() and stamp.read_text() == stamp_text:
        return
    # What an older version left behind would be found by imports that are wrong by now.
    shutil.rmtree(blender.profile, ignore_errors=True)
    blender.profile.mkdir(parents=True)
    command = [str(blender.python), "-P", str(_IN_BLENDER), "install", str(path)]
    subprocess.run(command, check=True, env=blender.variables(), stdout=sys.stderr.fileno())
    stamp.write_text(stamp_text)
