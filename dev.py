#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The developer's one command: `python3 dev.py COMMAND …`. Needs Python 3.11 or later with pip,
nothing else.

It puts nox and uv into .venv (pinned by hash) and hands over to noxfile.py, where each command is a
session.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
PINS = ROOT / "requirements" / "dev.txt"
COMMANDS = {
    "demo": (
        "[texture|edit|storyboard|material] [--live] [--out DIR]",
        "the main job in real Blender, without key or cost",
    ),
    "test": (
        "[--soak] [--coverage] [--only NAMES] [--mutants [MINUTES]]",
        "lint, types and all tests, on Blender 5.2 and 4.5",
    ),
    "lint": ("[--fix]", "lint, format and types only"),
    "map": ("", "draw docs/dev/architecture.svg from the imports"),
    "manual": ("", "the manual as web pages in .build/manual, its links checked"),
    "pictures": ("[NAME …] [--kept]", "the manual's pictures, from the cases of tests/ui and the demos"),
    "build": ("", "the zip of each platform, and a static extension repository"),
    "release": ("VERSION", "the same, after checking that the version, the changelog and the checkout agree"),
    "run": ("[--blender 4.5|5.2] [--file F.blend] [--fresh] -- …", "the add-on's command line"),
    "script": ("[--blender 4.5|5.2] S.py …", "a Python script in that same environment"),
    "ui": ("[CASE …] [--size WxH]", "the cases of tests/ui in a real window"),
    "bench": ("[--blender 4.5|5.2] [NAME] [--json [FILE]]", "the benchmarks, as ratios"),
}


def format_usage() -> str:
    lines = [f"  {name} {options}\n      {text}" for name, (options, text) in COMMANDS.items()]
    return "\n".join(["usage: python3 dev.py COMMAND …", "", *lines])


def locate_venv_python() -> Path:
    return VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def ensure_venv() -> None:
    """Make .venv anew whenever the pins or the Python changed; the stamp is written last."""
    stamp_text = f"{sys.version}\n{hashlib.sha256(PINS.read_bytes()).hexdigest()}\n"
    stamp = VENV / "stamp.txt"
    if stamp.is_file() and stamp.read_text() == stamp_text and locate_venv_python().exists():
        return
    print("dev.py: setting up .venv (once)", file=sys.stderr)
    shutil.rmtree(VENV, ignore_errors=True)
    # Without ensurepip: distributions often leave it out, and the pip at hand can install into the
    # new folder.
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(VENV)], check=True)
    install = ["install", "--quiet", "--require-hashes", "--only-binary", ":all:", "-r", str(PINS)]
    pip = [
        sys.executable,
        "-m",
        "pip",
        "--python",
        str(locate_venv_python()),
        "--disable-pip-version-check",
    ]
    subprocess.run([*pip, *install], check=True, stdout=sys.stderr)
    stamp.write_text(stamp_text)


def hand_over(command: str, arguments: list[str]) -> int:
    """Run the session. Its own exit status comes through a file: nox only knows 0 and 1."""
    with tempfile.TemporaryDirectory() as folder:
        status = Path(folder) / "status"
        # nox changes into the checkout: paths on the command line are meant from here.
        environment = os.environ | {"DEV_STATUS": str(status), "DEV_CWD": str(Path.cwd())}
        nox = [str(locate_venv_python()), "-m", "nox", "--noxfile", str(ROOT / "noxfile.py")]
        done = subprocess.run([*nox, "--session", command, "--", *arguments], env=environment)
        return int(status.read_text()) if status.is_file() else done.returncode or 1


def main(argv: list[str]) -> int:
    # An older Python gets a sentence instead of a syntax error further down.
    if sys.version_info < (3, 11):  # noqa: UP036
        print(f"dev.py needs Python 3.11 or later, this is {sys.version.split()[0]}", file=sys.stderr)
        return 2
    if not argv or argv[0] in {"-h", "--help"}:
        print(format_usage())
        return 0
    if argv[0] not in COMMANDS:
        print(f"dev.py: there is no command {argv[0]!r}\n\n{format_usage()}", file=sys.stderr)
        return 2
    try:
        ensure_venv()
        return hand_over(argv[0], argv[1:])
    except subprocess.CalledProcessError as error:
        print(f"dev.py: setting up .venv failed: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
