# SPDX-License-Identifier: GPL-3.0-or-later
"""The static repository as users meet it: Blender installs from it, updates and uninstalls, over HTTP."""

from __future__ import annotations

import functools
import html
import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urljoin

import pytest

from devtools import archives
from devtools.build import build, build_here, build_into
from devtools.release.repository import INDEX, PAGE, index_folder, write_repository
from devtools.wheels import TARGETS
from nano_banana_addon.identity import VERSION

LIFE = Path(__file__).with_name("repository_life.py")
NEWER = "99.0.0"
DATE = "2026-01-02"


class QuietHandler(SimpleHTTPRequestHandler):
    def log_message(self, *_arguments: object) -> None:
        pass


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A repository of the zip for this machine."""
    write_repository(tmp_path / "site", Path(sys.executable), [build_here(Path(sys.executable))], DATE)
    return tmp_path / "site"


@pytest.fixture
def url(folder: Path) -> Iterator[str]:
    handler = functools.partial(QuietHandler, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/{INDEX}"
        server.shutdown()
        thread.join()


@pytest.fixture
def live(tmp_path: Path, url: str) -> Callable[..., dict]:
    """Go through stages in a fresh Blender process with the same user's folders; what it noted down."""

    def run(*stages: str) -> dict:
        own = {"BLENDER_USER_RESOURCES": tmp_path / "user", "NANO_BANANA_HOME": tmp_path / "store"}
        (tmp_path / "user").mkdir(exist_ok=True)
        notes = tmp_path / "notes.json"
        done = subprocess.run(
            [sys.executable, "-P", str(LIFE), str(notes), url, *stages],
            env=os.environ | {key: str(value) for key, value in own.items()} | {"no_proxy": "127.0.0.1"},
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr
        return json.loads(notes.read_text())

    return run


def publish_newer(folder: Path) -> None:
    """Put the same extension into the repository under a higher version; the old zip stays at its address."""
    (old,) = folder.glob("*.zip")
    files = archives.read_zip(old)
    for name in ("blender_manifest.toml", "nano_banana_addon/identity.py"):
        files[name] = re.sub(rb'(?m)^((?i:version) = )".*"$', rf'\1"{NEWER}"'.encode(), files[name], count=1)
    old.rename(old.with_suffix(".old"))
    archives.write_zip(folder / old.name.replace(VERSION, NEWER), files)
    index_folder(folder, Path(sys.executable), DATE)
    old.with_suffix(".old").rename(old)


def test_an_update_from_the_repository_keeps_the_preferences(live, folder):
    first = live("add", "install", "change", "look")["look"]
    assert first == {
        "enabled": True,
        "version": VERSION,
        "operators": True,
        "provider": "openai",
        "at_once": 7,
        "key": "a-key-that-stays",
    }
    publish_newer(folder)
    assert live("update")["update"] is None
    assert live("look")["look"] == {**first, "version": NEWER}


def test_nothing_but_the_users_store_is_left_after_all(live, tmp_path):
    picture = tmp_path / "store" / "pictures" / "paid.png"
    picture.parent.mkdir(parents=True)
    picture.write_bytes(b"paid for")
    assert live("add", "install", "look")["look"]["enabled"]
    live("disable", "uninstall", "forget")
    left = [path for path in (tmp_path / "user").rglob("*") if "nano" in path.name.lower() or path.suffix == ".whl"]
    packages = [p for p in (tmp_path / "user" / "extensions").rglob("*") if p.name in {"httpx", "PIL", "anyio"}]
    assert left + packages == []
    assert picture.read_bytes() == b"paid for"


def test_a_zip_that_was_changed_on_the_way_is_not_installed(live, folder):
    (path,) = folder.glob("*.zip")
    path.write_bytes(path.read_bytes()[:-100] + bytes(100))
    assert live("add", "install", "look")["look"] == {"enabled": False}


def test_blender_reads_the_links_of_the_page_as_zips_of_the_index(folder):
    write_repository(folder, Path(sys.executable), build(Path(sys.executable), list(TARGETS)), DATE)
    page = (folder / PAGE).read_text()
    links = [html.unescape(link) for link in re.findall(r'<td><tt><a href="([^"]+)"', page)]
    dropped = [urljoin("https://example.org/nano/index.html", link) for link in links]
    code = (
        "import json, sys, bpy; from bl_pkg.bl_extension_utils import url_parse_for_blender as read;"
        "print(json.dumps([read(url) for url in sys.argv[1:]]))"
    )
    done = subprocess.run([sys.executable, "-P", "-c", code, *dropped], capture_output=True, text=True, check=True)
    read = json.loads(done.stdout.splitlines()[-1])
    assert {values["platforms"] for _, values in read} == TARGETS.keys()
    for address, values in read:
        assert (folder / address.removeprefix("https://example.org/nano/")).is_file()
        assert values["repository"] == "https://example.org/nano/index.json"
        assert values["blender_version_min"] == "4.5.0"
    assert DATE in page


def test_the_index_names_each_zip_with_its_hash(folder):
    (entry,) = json.loads((folder / INDEX).read_text())["data"]
    (path,) = folder.glob("*.zip")
    assert urljoin("https://example.org/index.json", entry["archive_url"]).endswith(f"/{path.name}")
    assert entry["archive_size"] == path.stat().st_size
    assert entry["version"] == VERSION


def test_two_builds_in_two_folders_are_the_same_bytes(tmp_path, monkeypatch):
    """The second with other permissions and another zone; the clock goes on by itself."""
    contents = []
    for name, mask, zone in (("one", 0o022, "UTC"), ("a second one", 0o077, "Asia/Tokyo")):
        monkeypatch.setenv("TZ", zone)
        old_mask = os.umask(mask)
        try:
            (tmp_path / name).mkdir()
            build_into(tmp_path / name / "zips", Path(sys.executable), list(TARGETS))
            zips = sorted((tmp_path / name / "zips").glob("*.zip"), reverse=name != "one")
            write_repository(tmp_path / name / "site", Path(sys.executable), zips, DATE)
        finally:
            os.umask(old_mask)
        contents.append({path.name: path.read_bytes() for path in (tmp_path / name / "site").iterdir()})
    assert len(contents[0]) == len(TARGETS) + 2
    assert contents[0] == contents[1]
