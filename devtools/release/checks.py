# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a version may be released: everything that names it agrees, and the checkout is what was committed."""

from __future__ import annotations

import os
import re
import subprocess
import tomllib
from datetime import UTC, datetime
from pathlib import Path

_VERSION = re.compile(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)")


class ReleaseError(Exception):
    """Why nothing is released, in a sentence."""


def check_version(root: Path, version: str) -> None:
    """Raise ReleaseError unless manifest, code and the first heading of the changelog say this version, with a date."""
    if not _VERSION.fullmatch(version):
        raise ReleaseError(f"{version!r} is not a version: three numbers are, such as 0.2.0")
    manifest = tomllib.loads((root / "blender_manifest.toml").read_text(encoding="utf-8"))
    if manifest["version"] != version:
        raise ReleaseError(f"blender_manifest.toml says {manifest['version']}, not {version}")
    code = (root / "nano_banana_addon" / "identity.py").read_text(encoding="utf-8")
    (own,) = re.findall(r'^VERSION = "(.*)"$', code, re.MULTILINE)
    if own != version:
        raise ReleaseError(f"nano_banana_addon/identity.py says {own}, not {version}")
    _check_heading((root / "CHANGELOG.md").read_text(encoding="utf-8"), version)


def _check_heading(changelog: str, version: str) -> None:
    heading = re.search(r"^## (.*)$", changelog, re.MULTILINE)
    words = heading[1].strip() if heading else "nothing"
    match = re.fullmatch(rf"{re.escape(version)} \((.*)\)", words)
    if not match:
        raise ReleaseError(f"the first heading of CHANGELOG.md is {words!r}, not '{version} (YYYY-MM-DD)'")
    try:
        datetime.strptime(match[1], "%Y-%m-%d")
    except ValueError:
        raise ReleaseError(f"CHANGELOG.md gives {version} no date: '{version} (YYYY-MM-DD)'") from None


def check_checkout(root: Path, version: str) -> None:
    """Raise ReleaseError when files differ from the commit, or the version's tag is another commit."""
    if changed := _git(root, "status", "--porcelain").split("\n")[0]:
        raise ReleaseError(f"the checkout differs from its commit, first in {changed[3:]}: commit or stash it")
    tag = f"v{version}"
    if _git(root, "tag", "--list", tag) and _git(root, "rev-parse", f"{tag}^{{commit}}") != _git(
        root, "rev-parse", "HEAD"
    ):
        raise ReleaseError(f"{version} was released from another commit, which has the tag {tag}: raise the version")


def find_date(root: Path) -> datetime:
    """The time that released files name: SOURCE_DATE_EPOCH, else that of the last commit. In UTC."""
    given = os.environ.get("SOURCE_DATE_EPOCH")
    try:
        return datetime.fromtimestamp(int(given or _git(root, "log", "-1", "--format=%ct")), UTC)
    except (ValueError, OverflowError, OSError):
        raise ReleaseError(f"SOURCE_DATE_EPOCH is {given!r}, not seconds since 1970") from None


def _git(root: Path, *arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=root, check=True, capture_output=True, text=True)
    return done.stdout.rstrip("\n")
