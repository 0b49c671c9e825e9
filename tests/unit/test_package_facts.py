# SPDX-License-Identifier: GPL-3.0-or-later
"""What the manifest and the pins promise."""

from __future__ import annotations

import re
import tomllib
from itertools import pairwise

import pytest

from nano_banana_addon.identity import EXTENSION_ID, VERSION
from tests.support.source import ROOT, name_of


def read_manifest() -> dict:
    return tomllib.loads((ROOT / "blender_manifest.toml").read_text(encoding="utf-8"))


def test_the_version_is_the_same_in_manifest_and_code():
    assert (read_manifest()["id"], read_manifest()["version"]) == (EXTENSION_ID, VERSION)


def test_the_manifest_asks_with_reasons_that_blender_shows_whole():
    manifest = read_manifest()
    assert set(manifest["permissions"]) == {"network", "files", "clipboard"}
    assert all(len(reason) <= 64 for reason in manifest["permissions"].values())
    assert "blender" not in manifest["name"].lower()


@pytest.mark.parametrize("path", sorted((ROOT / "requirements").glob("*.txt")), ids=name_of)
def test_pins_hold_hashes_and_no_addresses(path):
    text = path.read_text(encoding="utf-8")
    assert "://" not in text
    assert not re.search(r"^\s*-", text.replace("    --hash=", ""), re.MULTILINE)
    pins = [line for line in text.splitlines() if "==" in line and not line.startswith("#")]
    following = [b for a, b in pairwise(text.splitlines()) if a in pins]
    assert pins
    assert all(line.startswith("    --hash=sha256:") for line in following)
