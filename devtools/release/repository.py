# SPDX-License-Identifier: GPL-3.0-or-later
"""A static extension repository: the zips, the index that Blender reads, and a page with links to drag into it."""

from __future__ import annotations

import json
import re
import shutil
import string
import tempfile
from pathlib import Path

from devtools.build import run_tool

INDEX, PAGE = "index.json", "index.html"
_TEMPLATE = Path(__file__).with_name("page.html")


def write_repository(folder: Path, blender_python: Path, zips: list[Path], date: str) -> None:
    """Make a folder, which is emptied first, a repository of these zips. Blender's own tool writes it; the order of
    its lists, which is the file system's, and its clock's date are replaced, so that the same zips give the same bytes.

    date stands on the page.
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for path in zips:
        shutil.copyfile(path, folder / path.name)
    index_folder(folder, blender_python, date)


def index_folder(folder: Path, blender_python: Path, date: str) -> None:
    """Write the index and the page of the zips in a folder."""
    with tempfile.TemporaryDirectory() as started:
        template = Path(started) / PAGE
        text = _TEMPLATE.read_text(encoding="utf-8")
        template.write_text(string.Template(text).safe_substitute(released=date), encoding="utf-8")
        options = ("--repo-dir", str(folder), "--html", "--html-template", str(template))
        run_tool(blender_python, "server-generate", *options)
    _sort_index(folder / INDEX)
    _sort_page(folder / PAGE)


def _sort_index(path: Path) -> None:
    index = json.loads(path.read_text(encoding="utf-8"))
    index["data"].sort(key=lambda entry: entry["archive_url"])
    path.write_bytes(json.dumps(index, indent=2, ensure_ascii=False).encode() + b"\n")


def _sort_page(path: Path) -> None:
    """Put the table's rows in the order of their links; the tool keeps the folder's."""
    page = path.read_text(encoding="utf-8")
    rows = re.findall(r"  <tr>\n    <td>.*?  </tr>\n", page, re.DOTALL)
    first = page.index(rows[0])
    page = page.replace("".join(rows), "", 1)
    path.write_bytes((page[:first] + "".join(sorted(rows)) + page[first:]).encode())
