# SPDX-License-Identifier: GPL-3.0-or-later
"""An asset library on a web server: what Blender's own reader finds in the listing, and what is refused."""

from __future__ import annotations

import functools
import http.server
import json
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import bpy
import pytest
from PIL import Image

from nano_banana_addon import cli
from nano_banana_addon.blender.host import compat
from nano_banana_addon.core.errors import InputError, NanoBananaError
from nano_banana_addon.features.material import library_list
from nano_banana_addon.session import background_tasks, panel_state

from .conftest import make
from .test_from_image import turn

needs_listings = pytest.mark.skipif(not compat.WRITES_LISTINGS, reason="Blender 5.2 and later write listings")

#: Reads a listing with what Blender itself uses for remote asset libraries, in a Blender without the add-on.
_READER = """
import sys, time
import bpy
from pathlib import Path
from _bpy_internal.assets.remote_library import listing_downloader
ended = []
reader = listing_downloader.RemoteAssetListingDownloader(sys.argv[1], Path(sys.argv[2]), lambda _: None, ended.append)
reader.download_and_process()
end = time.monotonic() + 60
while not ended and time.monotonic() < end:
    reader.on_timer_event()
    time.sleep(0.01)
print("TOLD", reader.status.name)
"""


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Path]:
    """An empty asset library that the preferences know."""
    folder = tmp_path / "team library"
    folder.mkdir()
    known = bpy.context.preferences.filepaths.asset_libraries
    added = known.new(name="Team", directory=str(folder))
    yield folder
    known.remove(added)


@pytest.fixture
def saved(picture: Path, library: Path) -> Path:
    """The library with a file that holds a material, packed."""
    make(picture)
    bpy.ops.file.pack_all()
    path = library / "old stones.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(path))
    return path


@pytest.fixture
def address(library: Path) -> Iterator[str]:
    """The library's address on a web server."""
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(library))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


def read(address: str, tmp_path: Path) -> tuple[str, list[dict[str, Any]], Path]:
    """What Blender's reader says of the listing at an address, the assets that it accepts, and its folder."""
    target = tmp_path / "read"
    target.mkdir()
    direct = {**os.environ, "NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}
    words = [sys.executable, "-c", _READER, address, str(target)]
    done = subprocess.run(words, capture_output=True, text=True, timeout=120, env=direct)
    pages = sorted((target / "_v1").glob("assets-?????.json"))
    assets = [each for page in pages for each in json.loads(page.read_text())["assets"]]
    return done.stdout.partition("TOLD")[2].split()[0], assets, target


@needs_listings
def test_blender_reads_the_library_from_a_web_server(saved: Path, address: str, tmp_path: Path) -> None:
    assert bpy.ops.nano_banana.material_listing() == {"FINISHED"}
    assert bpy.data.filepath == str(saved), "the open file stays open"
    status, (found,), folder = read(address, tmp_path)
    assert status == "FINISHED_SUCCESSFULLY"
    assert (found["name"], found["id_type"], found["files"]) == ("Old Stones", "MATERIAL", ["old stones.blend"])
    assert {"PBR", "Seamless"} <= set(found["meta"]["tags"])
    catalogs = (folder / "blender_assets.cats.txt").read_text()
    assert f"{found['meta']['catalog_id']}:Nano Banana/Materials:" in catalogs
    with Image.open(saved.parent / found["thumbnail"]["url"].replace("%20", " ")) as preview:
        pixels = preview.convert("RGBA")
    assert min(pixels.size) >= 128
    assert pixels.getpixel((0, 0))[3] == 0
    assert sum(pixels.convert("L").getpixel((pixels.width // 2, pixels.height // 2 + n)) for n in range(-8, 8)) > 160


@needs_listings
def test_a_file_that_was_taken_out_is_no_longer_listed(saved: Path, address: str, tmp_path: Path) -> None:
    library_list.write(saved.parent)
    second = saved.with_name("second.blend")
    saved.rename(second)
    library_list.write(saved.parent)
    status, assets, _folder = read(address, tmp_path)
    assert (status, [each["files"] for each in assets]) == ("FINISHED_SUCCESSFULLY", [["second.blend"]])


@needs_listings
def test_the_button_lists_in_the_background_and_can_be_cancelled(saved: Path) -> None:
    library_list.start()
    background_tasks.cancel()
    turn()
    assert not (saved.parent / "_v1").exists()
    assert "ancel" in panel_state.get_properties().notice
    library_list.start()
    turn()
    assert str(saved.parent) in panel_state.get_properties().notice
    assert (saved.parent / "_v1").is_dir()


@needs_listings
def test_cancelling_takes_effect_while_the_other_blender_is_busy(saved: Path) -> None:
    library_list.start()
    time.sleep(0.3)  # it starts, and says nothing yet
    began = time.monotonic()
    background_tasks.cancel()
    turn()
    assert time.monotonic() - began < 0.5
    assert "ancel" in panel_state.get_properties().notice
    assert not (saved.parent / "_v1").exists()


@needs_listings
def test_the_notice_stands_at_the_button_until_the_next_one(saved: Path) -> None:
    library_list.start()
    shown = panel_state.get_properties()
    assert shown.notice_button == "nano_banana.material_listing"
    turn()
    assert "was written" in shown.notice
    assert shown.notice_button == "nano_banana.material_listing"
    panel_state.show_notice("NOTE", "Something else.")
    assert not shown.notice_button


@needs_listings
@pytest.mark.skipif(sys.platform == "win32", reason="there is no /dev/full")
def test_a_full_disk_leaves_what_was_listed(saved: Path, address: str, tmp_path: Path) -> None:
    library_list.write(saved.parent)
    index = saved.parent / "_v1" / "asset-index.json"
    page, kept = saved.parent / "_v1" / "assets-00000.json", index.rename(tmp_path / "index")
    before = page.read_bytes()
    index.symlink_to("/dev/full")
    shutil.copy(saved, saved.with_name("second.blend"))
    with pytest.raises(NanoBananaError, match="could not list"):
        library_list.write(saved.parent)
    assert page.read_bytes() == before
    index.unlink()
    kept.rename(index)
    status, (found,), _folder = read(address, tmp_path)
    assert (status, found["files"]) == ("FINISHED_SUCCESSFULLY", ["old stones.blend"])


@needs_listings
def test_what_others_could_not_use_is_refused(picture: Path, library: Path, tmp_path: Path) -> None:
    make(picture)
    with pytest.raises(InputError, match="no asset library"):
        library_list.start()
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "elsewhere.blend"))
    with pytest.raises(InputError, match="no asset library"):
        library_list.start()
    bpy.ops.wm.save_as_mainfile(filepath=str(library / "mine.blend"))
    with pytest.raises(InputError, match="not packed"):
        library_list.start()
    assert not (library / "_v1").exists()


@needs_listings
@pytest.mark.parametrize("trouble", ["no .blend", "no folder", "no place"])
def test_what_cannot_be_listed_gets_a_sentence(trouble: str, saved: Path, tmp_path: Path) -> None:
    folder = saved.parent
    library_list.write(folder)
    before = (folder / "_v1" / "asset-index.json").read_bytes()
    if trouble == "no .blend":
        (folder / "broken.blend").write_bytes(b"no .blend at all")
        with pytest.raises(NanoBananaError, match="could not list") as raised:
            library_list.write(folder)
        assert raised.value.detail.startswith("broken.blend: ")
    elif trouble == "no folder":
        with pytest.raises(InputError, match="no folder"):
            library_list.write(tmp_path / "nowhere")
    else:
        (tmp_path / "full" / "_v1").mkdir(parents=True)
        (tmp_path / "full" / "_v1" / "asset-index.json").mkdir()
        with pytest.raises(NanoBananaError, match="could not list") as raised:
            library_list.write(tmp_path / "full")
        assert "asset-index.json" in raised.value.detail
    assert (folder / "_v1" / "asset-index.json").read_bytes() == before


@needs_listings
def test_the_command_lists_what_it_saves(picture: Path, library: Path, address: str, tmp_path: Path) -> None:
    words = ("material", "--image", str(picture), "--listing")
    (library / "deep").mkdir()
    assert cli.main([*words, "--save", str(library / "deep" / "stones.blend")]) == 0
    status, (found,), _folder = read(address, tmp_path)
    assert (status, found["files"]) == ("FINISHED_SUCCESSFULLY", ["deep/stones.blend"])


def test_the_command_refuses_before_it_makes_anything(
    picture: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("material", "--image", str(picture), "--listing")
    words += ("--save", str(tmp_path / "stones.blend")) if not compat.WRITES_LISTINGS else ()
    assert cli.main(list(words)) == 1
    said = "".join(capsys.readouterr())
    assert ("--save" if compat.WRITES_LISTINGS else "Blender 5.2 and later") in said
    assert not (tmp_path / "stones.blend").exists()
    assert not [each for each in bpy.data.materials if each.asset_data]


@pytest.mark.skipif(compat.WRITES_LISTINGS, reason="what earlier versions say")
def test_earlier_versions_say_which_one_writes_listings(saved: Path) -> None:
    with pytest.raises(RuntimeError, match=r"5\.2 and later"):
        bpy.ops.nano_banana.material_listing()
    assert library_list.find_library() is None, "so that there is no button"
