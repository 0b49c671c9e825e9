# SPDX-License-Identifier: GPL-3.0-or-later
"""What is in the zips: exactly what ships, for exactly the Pythons that Blender has there."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

from devtools.build import build, validate
from devtools.paths import REQUIREMENTS
from devtools.stage import shipped_files, ships
from devtools.wheels import TARGETS, select_pins

BROUGHT_BY_BLENDER = {"numpy", "certifi", "idna", "requests", "urllib3", "charset_normalizer"}


@pytest.fixture(params=TARGETS)
def platform(request) -> str:
    return request.param


@pytest.fixture
def opened(zips, platform):
    with zipfile.ZipFile(zips[platform]) as archive:
        yield archive


def wheels_in(archive: zipfile.ZipFile) -> list[str]:
    return [name for name in archive.namelist() if name.startswith("wheels/") and name[-1] != "/"]


def test_there_is_one_zip_for_each_platform(zips):
    assert zips.keys() == TARGETS.keys()


def test_a_zip_holds_the_tracked_files_that_ship_its_wheels_and_nothing_else(opened):
    files = [name for name in opened.namelist() if not name.endswith("/")]
    assert sorted(files) == sorted([*shipped_files(), *wheels_in(opened)])
    assert {"LICENSE", "README.md", "__init__.py"} <= set(files)


@pytest.mark.parametrize(
    "name",
    [
        "dev.py",
        ".env",
        "tests/unit/test_house.py",
        "devtools/build.py",
        "nano_banana_addon/key.txt",
        "nano_banana_addon/core/.request.py.swp",
        "panels/__pycache__/main.cpython-311.pyc",
    ],
)
def test_what_merely_lies_about_never_ships(name):
    assert not ships(name)


def test_the_manifest_names_the_wheels_that_are_there(opened):
    manifest = tomllib.loads(opened.read("blender_manifest.toml").decode())
    named = manifest["build"]["generated"]["wheels"]
    assert sorted(named) == sorted(f"./{name}" for name in wheels_in(opened))


def test_every_python_of_the_platform_finds_its_wheels_once(opened, platform):
    names = [Path(name).name for name in wheels_in(opened)]
    pythons = {f"cp{version.replace('.', '')}" for version in TARGETS[platform][0]}
    pillows = [re.match(r"pillow-[^-]+-(cp\d+)-", name) for name in names]
    assert sorted(match[1] for match in pillows if match) == sorted(pythons)
    pure = [name for name in names if not name.startswith("pillow-")]
    assert all(name.endswith("-py3-none-any.whl") for name in pure)
    pins = (REQUIREMENTS / "wheels.txt").read_text()
    selected = "".join(select_pins(pins, TARGETS[platform][1], python) for python in TARGETS[platform][0])
    shipped = [re.split(r"-\d", name)[0].replace("_", "-").replace(".", "-") for name in pure]
    assert sorted([*shipped, "pillow"]) == sorted(set(re.findall(r"^([a-z0-9-]+)==", selected, re.MULTILINE)))


def test_each_system_has_the_library_of_its_keyring(opened, platform):
    names = {Path(name).name.partition("-")[0] for name in wheels_in(opened)}
    expected = {"linux": {"jeepney"}, "macos": {"keyring"}, "windows": {"keyring", "pywin32_ctypes"}}
    system = platform.partition("-")[0]
    assert names & {"jeepney", "keyring", "pywin32_ctypes", "cryptography"} == expected[system]


def test_what_blender_brings_itself_is_left_to_it(opened):
    shipped = {Path(name).name.partition("-")[0].lower() for name in wheels_in(opened)}
    assert not shipped & BROUGHT_BY_BLENDER


def test_blenders_own_tool_finds_no_fault(zips, platform):
    validate(Path(sys.executable), zips[platform])


def test_a_damaged_zip_is_refused(zips, tmp_path):
    whole = next(iter(zips.values())).read_bytes()
    (tmp_path / "half.zip").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(subprocess.CalledProcessError):
        validate(Path(sys.executable), tmp_path / "half.zip")


def test_nothing_is_built_twice(zips):
    times = {path: path.stat().st_mtime_ns for path in zips.values()}
    again = build(Path(sys.executable), list(TARGETS))
    assert {path: path.stat().st_mtime_ns for path in again} == times
