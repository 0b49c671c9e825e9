# SPDX-License-Identifier: GPL-3.0-or-later
"""The manual as web pages: complete, without a dead link, and seen by nobody but its reader."""

from __future__ import annotations

import argparse
import os
import re
import shutil
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from devtools.manual import site
from devtools.paths import ENVIRONMENTS, ROOT
from nano_banana_addon.cli.arguments.parser import build_parser

PYTHON = ENVIRONMENTS / "manual" / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
pytestmark = [
    pytest.mark.skipif(not PYTHON.is_file(), reason="no environment `manual`: dev.py makes it"),
    pytest.mark.xdist_group("manual"),
]
#: Attributes whose address a browser fetches without being asked; of a link those with these relations.
_FETCHED = {"src", "srcset", "poster", "data"}
_FETCHED_RELATIONS = {"stylesheet", "icon", "preload", "prefetch", "preconnect", "dns-prefetch", "manifest"}


class Page(HTMLParser):
    """What a page fetches, where it links to, its anchors, and its text outside of code."""

    def __init__(self, path: Path):
        super().__init__()
        self.fetched: list[str] = []
        self.links: list[str] = []
        self.anchors: set[str] = set()
        self.text = ""
        self._code = 0
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attrs):
        values = {name: value or "" for name, value in attrs}
        self._code += tag in {"code", "pre", "script", "style"}
        self.anchors |= {values[name] for name in ("id", "name") if values.get(name)}
        self.fetched += [values[name] for name in _FETCHED & values.keys()]
        if tag == "link" and _FETCHED_RELATIONS & set(values.get("rel", "").split()):
            self.fetched.append(values["href"])
        elif tag == "a" and "href" in values:
            self.links.append(values["href"])

    def handle_endtag(self, tag):
        self._code -= tag in {"code", "pre", "script", "style"}

    def handle_data(self, data):
        self.text += "" if self._code else data


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """The manual, built as `dev.py manual` does."""
    target = tmp_path_factory.mktemp("manual")
    done = site.build(PYTHON, target)
    assert (done.returncode, done.stdout) == (0, "")
    return target


@pytest.fixture(scope="module")
def pages(folder) -> dict[Path, Page]:
    return {path: Page(path) for path in folder.rglob("*.html") if path.name != "404.html"}


def is_elsewhere(address: str) -> bool:
    parts = urlsplit(address)
    return bool(parts.netloc) or parts.scheme not in {"", "data"}


def test_every_page_of_docs_is_in_the_navigation(folder, pages):
    (home,) = (page for path, page in pages.items() if path == folder / "index.html")
    written = {path.relative_to(ROOT / "docs").with_suffix(".html").as_posix() for path in ROOT.glob("docs/**/*.md")}
    assert written - {urlsplit(link).path for link in home.links} - {"index.html"} == set()


def test_no_link_image_or_anchor_is_dead(pages):
    dead = []
    for path, page in pages.items():
        for address in [*page.links, *page.fetched]:
            parts = urlsplit(address)
            if is_elsewhere(address) or parts.scheme:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            if target.is_dir():
                target /= "index.html"
            is_anchored = target not in pages or not parts.fragment or unquote(parts.fragment) in pages[target].anchors
            if not target.is_file() or not is_anchored:
                dead.append(f"{path.name}: {address}")
    assert dead == []


def test_a_reader_is_seen_by_no_other_server(folder, pages):
    fetched = {address for page in pages.values() for address in page.fetched}
    styles = [path.read_text(encoding="utf-8") for path in folder.rglob("*.css")]
    fetched |= {address for style in styles for address in re.findall(r"(?:url\(|@import) ?[\"']?([^)\"']+)", style)}
    assert fetched
    assert {address for address in fetched if is_elsewhere(address)} == set()


@pytest.mark.parametrize("mark", ['class="mermaid"', 'data-md-component="source"'])
def test_nothing_makes_the_theme_ask_other_servers(folder, mark):
    """Diagrams by Mermaid and the facts of a repository are what its scripts would fetch."""
    assert [path.name for path in folder.rglob("*.html") if mark in path.read_text(encoding="utf-8")] == []


def test_no_mark_of_markdown_is_left_in_a_text(pages):
    """GitHub takes a list or a table right below a paragraph; MkDocs shows its marks as text."""
    pattern = re.compile(r"^ *(?:[*-] \S|\||#+ \S|\d+\. \S).*|\]\([^)]*\)", re.MULTILINE)
    found = {path.name: [match[0][:60] for match in pattern.finditer(page.text)] for path, page in pages.items()}
    assert {name: texts for name, texts in found.items() if texts} == {}


def list_arguments(parser: argparse.ArgumentParser) -> set[str]:
    """The options of all commands, and the commands."""
    names: set[str] = set()
    for action in parser._actions:
        names |= set(action.option_strings)
        if isinstance(action, argparse._SubParsersAction):
            for name, command in action.choices.items():
                names |= {name} | list_arguments(command)
    return names


def test_the_reference_names_every_command_and_option(folder):
    text = (folder / "reference" / "command-line.html").read_text(encoding="utf-8")
    words = set(re.findall(r"[\w-]+", text))
    assert list_arguments(build_parser()) - words - {"-h", "--help", "paint"} == set()


def test_dead_links_dead_anchors_and_forgotten_pages_are_errors(tmp_path):
    docs = shutil.copytree(ROOT / "docs", tmp_path / "docs")
    (docs / "errors.md").write_text("# Errors\n\n[a](nowhere.md) [b](cost.md#nowhere) ![c](pictures/nowhere.png)\n")
    (docs / "forgotten.md").write_text("# Forgotten\n")
    settings = tmp_path / "mkdocs.yml"
    hook = ROOT / "devtools" / "manual" / "hooks.py"
    settings.write_text(f"INHERIT: {site.SETTINGS.as_posix()}\ndocs_dir: docs\nhooks: [{hook.as_posix()}]\n")
    done = site.build(PYTHON, tmp_path / "out", settings)
    assert done.returncode != 0
    said = ("nowhere.md", "cost.md#nowhere", "nowhere.png", "forgotten.md")
    assert [word for word in said if word not in done.stdout] == []


def test_a_flag_that_switches_something_off_says_so() -> None:
    parser = build_parser()
    commands = next(each for each in parser._actions if isinstance(each, argparse._SubParsersAction))
    off = [
        action
        for command in commands.choices.values()
        for action in command._actions
        if any(flag.startswith("--no-") for flag in action.option_strings) and action.default is None
    ]
    assert off
    assert [action.option_strings for action in off if not (action.help or "").startswith("switch off ")] == []
