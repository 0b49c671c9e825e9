# SPDX-License-Identifier: GPL-3.0-or-later
"""What ships: an allowlist over the files that git tracks, so that nothing leaks by lying
around."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

from devtools.paths import ROOT

ROOT_FILES = ("__init__.py", "blender_manifest.toml", "README.md", "LICENSE")
PACKAGES = ("nano_banana_addon", "operators", "panels")
SUFFIXES = (".py", ".glsl", ".json", ".png", ".ttf")
#: The licence of the font that ships.
FONT_LICENCE = "OFL.txt"


def ships(name: str) -> bool:
    """Whether a path, relative to the checkout and with forward slashes, belongs into the zip."""
    if "/" not in name:
        return name in ROOT_FILES
    return name.split("/", 1)[0] in PACKAGES and name.endswith((*SUFFIXES, f"/{FONT_LICENCE}"))


def shipped_files() -> list[str]:
    """The tracked files that ship, sorted. Says which untracked ones it leaves out: a surprise
    while developing."""
    left_out = [name for name in _git_files("--others", "--exclude-standard") if ships(name)]
    if left_out:
        print(f"dev.py: not tracked by git, so left out: {', '.join(left_out)}", file=sys.stderr)
    return sorted(name for name in _git_files("--cached") if ships(name) and (ROOT / name).is_file())


def fill(folder: Path, wheels: list[Path], platforms: list[str]) -> None:
    """Copy what ships into an empty folder, the wheels beside it, and name both in the manifest
    there."""
    for name in shipped_files():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, target)
    (folder / "wheels").mkdir()
    for wheel in wheels:
        shutil.copyfile(wheel, folder / "wheels" / wheel.name)
    manifest = folder / "blender_manifest.toml"
    manifest.write_text(with_wheels(manifest.read_text(), [w.name for w in wheels], platforms))


def with_wheels(manifest: str, wheels: list[str], platforms: list[str]) -> str:
    """The manifest's text with `platforms` and `wheels` before its first table, where TOML wants
    them."""
    lists = _toml_list("platforms", platforms) + _toml_list("wheels", [f"./wheels/{w}" for w in wheels])
    head, table, rest = re.split(r"^(\[)", manifest, maxsplit=1, flags=re.MULTILINE)
    return head + lists + "\n" + table + rest


def _toml_list(key: str, values: list[str]) -> str:
    return "\n".join([f"{key} = [", *(f'  "{value}",' for value in values), "]", ""])


def _git_files(*options: str) -> list[str]:
    command = ["git", "ls-files", "-z", *options, "--", *ROOT_FILES, *PACKAGES]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    return [name for name in done.stdout.split("\0") if name]
