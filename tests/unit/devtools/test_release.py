# SPDX-License-Identifier: GPL-3.0-or-later
"""What a release refuses, and what it says of its contents; the bill is checked by a library that nobody here wrote."""

from __future__ import annotations

import json
import os
import subprocess
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from devtools import archives, stage
from devtools.release import materials
from devtools.release.checks import ReleaseError, check_checkout, check_version, find_date
from devtools.wheels import TARGETS, fetch_wheels

VERSION = "1.2.3"
DATE = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A repository whose manifest, code and changelog say VERSION, committed."""
    (tmp_path / "nano_banana_addon").mkdir()
    (tmp_path / "blender_manifest.toml").write_text(f'version = "{VERSION}"\n')
    (tmp_path / "nano_banana_addon" / "identity.py").write_text(f'VERSION = "{VERSION}"\n')
    changes = f"# Changes\n\n## {VERSION} (2026-11-29)\n\n* New.\n\n## 1.2.2 (2026-01-01)\n"
    (tmp_path / "CHANGELOG.md").write_text(changes)
    git(tmp_path, "init", "-q")
    commit(tmp_path)
    return tmp_path


def git(folder: Path, *arguments: str) -> None:
    own = {f"GIT_{who}_{what}": "x@example.org" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    dates = {"GIT_AUTHOR_DATE": "1700000000 +0900", "GIT_COMMITTER_DATE": "1700000000 +0900"}
    subprocess.run(["git", *arguments], cwd=folder, check=True, env=os.environ | own | dates, capture_output=True)


def commit(folder: Path) -> None:
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", "State")


def test_a_version_that_all_name_is_released(checkout):
    check_version(checkout, VERSION)
    check_checkout(checkout, VERSION)


@pytest.mark.parametrize(
    ("file", "old", "new", "told"),
    [
        ("blender_manifest.toml", VERSION, "1.2.2", "blender_manifest.toml says 1.2.2"),
        ("nano_banana_addon/identity.py", VERSION, "1.2.2", "identity.py says 1.2.2"),
        ("CHANGELOG.md", f"## {VERSION}", "## 1.2.4", "first heading"),
        ("CHANGELOG.md", f"## {VERSION} (2026-11-29)\n", "", "first heading"),
        ("CHANGELOG.md", "2026-11-29", "not yet released", "no date"),
        ("CHANGELOG.md", "2026-11-29", "2026-13-40", "no date"),
        ("CHANGELOG.md", "## ", "", "'nothing'"),
    ],
)
def test_a_file_that_disagrees_stops_the_release_with_a_sentence(checkout, file, old, new, told):
    path = checkout / file
    path.write_text(path.read_text().replace(old, new))
    with pytest.raises(ReleaseError, match=told):
        check_version(checkout, VERSION)


@pytest.mark.parametrize("version", ["1.2", "v1.2.3", "1.2.3-rc", "01.2.3", "", "../1.2.3"])
def test_what_is_no_version_is_refused(checkout, version):
    with pytest.raises(ReleaseError, match="not a version"):
        check_version(checkout, version)


def test_uncommitted_files_stop_the_release(checkout):
    (checkout / "left over.txt").write_text("x")
    with pytest.raises(ReleaseError, match="left over"):
        check_checkout(checkout, VERSION)


def test_a_version_is_released_from_one_commit_only(checkout):
    git(checkout, "tag", f"v{VERSION}")
    check_checkout(checkout, VERSION)
    (checkout / "new.txt").write_text("x")
    commit(checkout)
    with pytest.raises(ReleaseError, match="raise the version"):
        check_checkout(checkout, VERSION)


def test_the_date_is_the_commits_unless_it_is_given(checkout, monkeypatch):
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    assert find_date(checkout).timestamp() == 1700000000
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "86400")
    assert find_date(checkout) == datetime(1970, 1, 2, tzinfo=UTC)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "tomorrow")
    with pytest.raises(ReleaseError, match="tomorrow"):
        find_date(checkout)


def test_a_zip_packed_anew_forgets_order_times_and_modes(tmp_path):
    files = {"b/two.py": b"2" * 999, "a.whl": b"wheel", "one.py": b"1"}
    for number, names in enumerate((list(files), sorted(files))):
        path = tmp_path / f"{number}.zip"
        with zipfile.ZipFile(path, "w") as archive:
            for name in names:
                entry = zipfile.ZipInfo(name, (2000 + number, 1, 1, 0, 0, 0))
                entry.external_attr = (0o600 + number) << 16
                archive.writestr(entry, files[name])
        archives.normalise(path)
    assert (tmp_path / "0.zip").read_bytes() == (tmp_path / "1.zip").read_bytes()
    assert archives.read_zip(tmp_path / "0.zip") == files


@pytest.fixture(scope="module", params=["linux-x64", "windows-x64"])
def extension(request, tmp_path_factory) -> Path:
    """The extension with its real wheels, packed without Blender's tool."""
    folder = tmp_path_factory.mktemp("extension")
    (folder / "stage").mkdir()
    stage.fill(folder / "stage", fetch_wheels(request.param), [request.param])
    found = [path for path in (folder / "stage").rglob("*") if path.is_file()]
    files = {path.relative_to(folder / "stage").as_posix(): path.read_bytes() for path in found}
    archives.write_zip(folder / f"nano_banana-{request.param}.zip", files)
    return folder / f"nano_banana-{request.param}.zip"


def test_the_bill_of_materials_holds_to_the_standard(extension):
    text = json.dumps(materials.describe_zip(extension, DATE))
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None


def test_the_bill_lists_every_wheel_with_its_hash_and_licence(extension):
    bill = materials.describe_zip(extension, DATE)
    wheels = [name for name in archives.read_zip(extension) if name.endswith(".whl")]
    listed = [c for c in bill["components"] if c["type"] == "library"]
    assert len(listed) == len(wheels) > len(TARGETS)
    assert all(c["hashes"] and c["licenses"] for c in bill["components"])
    pillow = next(c for c in listed if c["name"] == "pillow")
    assert any("jpeg" in part["name"].lower() for part in pillow["components"])
    edges = {edge["ref"]: edge["dependsOn"] for edge in bill["dependencies"]}
    assert {ref for refs in edges.values() for ref in refs} == {c["bom-ref"] for c in bill["components"]}
    (httpx,) = [refs for ref, refs in edges.items() if ref.startswith("pkg:pypi/httpx@")]
    assert any(ref.startswith("pkg:pypi/httpcore@") for ref in httpx)


def test_the_same_zip_has_the_same_bill_and_another_a_number_of_its_own(extension, tmp_path):
    bill = materials.describe_zip(extension, DATE)
    assert bill == materials.describe_zip(extension, DATE)
    archives.write_zip(tmp_path / "other.zip", archives.read_zip(extension) | {"new.py": b""})
    assert materials.describe_zip(tmp_path / "other.zip", DATE)["serialNumber"] != bill["serialNumber"]


def test_every_wheel_and_the_font_have_the_text_of_their_licence(extension):
    text = materials.collect_licences([extension])
    for wheel in materials.read_wheels(extension):
        assert f"{wheel.name} {wheel.version}" in text
    assert "SIL OPEN FONT LICENSE" in text.upper()


def test_a_wheel_without_a_licence_stops_the_release(extension, tmp_path):
    name = "wheels/plain-1.0-py3-none-any.whl"
    archives.write_zip(tmp_path / "plain.whl", {"plain-1.0.dist-info/METADATA": b"Name: plain\nVersion: 1.0\n"})
    files = archives.read_zip(extension) | {name: (tmp_path / "plain.whl").read_bytes()}
    archives.write_zip(tmp_path / "with plain.zip", files)
    with pytest.raises(ReleaseError, match="plain-1"):
        materials.describe_zip(tmp_path / "with plain.zip", DATE)
