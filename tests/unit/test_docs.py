# SPDX-License-Identifier: GPL-3.0-or-later
"""What the pages for people say of files, names and links is true."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from devtools import architecture
from tests.support.source import ROOT, SHIPPED, name_of

PAGES = sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")])
#: Those that speak of our own names; the contract speaks of the service's.
_DEVELOPER_NAMES = ("CONTRIBUTING.md", "docs/dev/architecture.md", "docs/dev/decisions.md", "docs/dev/releasing.md")
DEVELOPER_PAGES = [ROOT / name for name in _DEVELOPER_NAMES]
SOURCES = [*SHIPPED, *(ROOT / "devtools").rglob("*.py")]
#: Made by the tools, or files of a user.
_NOT_IN_THE_TREE = {".venv", ".envs", ".build", ".profile", "dist", "dist/", "licences.txt", "demo/"}
_PATH = re.compile(r"(?P<path>[\w.*][\w.*/-]*(?:\.(?:py|md|svg|toml|in|txt)|/))(?::(?P<name>\w+))?")
_LINK = re.compile(r"\]\((?P<target>[^)#\s]+)[^)]*\)")


def find_quotes(page: Path) -> list[str]:
    """What stands in backquotes, outside of code blocks."""
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    return re.findall(r"`([^`\n]+)`", text)


def find_file(path: str) -> Path | None:
    """A path below the repository or below the add-on."""
    if "*" in path or "X." in path:
        return ROOT
    candidates = (ROOT / path, ROOT / "nano_banana_addon" / path)
    return next((p for p in candidates if p.exists() and (not path.endswith("/") or p.is_dir())), None)


def defines(path: Path, name: str) -> bool:
    """Whether a file has a function, class, field or constant of a name."""
    pattern = rf"^\s*(?:def|class) {name}\b|^\s*{name}\b\s*[:=]|^{name}, |, {name} ="
    return bool(re.search(pattern, path.read_text(encoding="utf-8"), re.MULTILINE))


@pytest.mark.parametrize("page", DEVELOPER_PAGES, ids=name_of)
def test_every_path_and_name_in_backquotes_is_there(page):
    wrong = []
    for quote in find_quotes(page):
        match = _PATH.fullmatch(quote)
        if match and quote not in _NOT_IN_THE_TREE:
            file, name = find_file(match["path"]), match["name"]
            if file is None or (name and not defines(file, name)):
                wrong.append(quote)
    assert wrong == []


@pytest.mark.parametrize("page", DEVELOPER_PAGES, ids=name_of)
def test_every_name_in_backquotes_stands_in_the_source(page):
    words = set(re.findall(r"\w+", "".join(path.read_text(encoding="utf-8") for path in SOURCES)))
    names = {quote for quote in find_quotes(page) if re.fullmatch(r"[A-Za-z_]+", quote)}
    assert names - words == set()


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_relative_link_leads_somewhere(page):
    targets = [match["target"] for match in _LINK.finditer(page.read_text(encoding="utf-8"))]
    assert [t for t in targets if ":" not in t and not (page.parent / t).exists()] == []


def test_the_map_names_every_folder_and_no_other():
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    (tree,) = re.findall(r"## The map.*?```\n(.*?)```", text, re.DOTALL)
    assert read_tree(tree) == expected_folders()


def read_tree(tree: str) -> set[str]:
    """The folders of the map by their paths; several may share a line."""
    folders, parents = set(), {0: ""}
    for line in tree.splitlines():
        indent = len(line) - len(line.lstrip())
        for name in re.findall(r"([\w.]+)/", re.match(r" *(?:[\w.]+/(?: +|$))*", line)[0]):
            folders.add(parents[indent] + name)
            parents[indent + 2] = f"{parents[indent]}{name}/"
    return folders


def expected_folders() -> set[str]:
    """Folders with source, down to the second level below the add-on, to the first one elsewhere, and two more."""
    tops = ("nano_banana_addon", "operators", "panels", "devtools", "tests")
    folders = {name_of(path.parent) for top in tops for path in (ROOT / top).rglob("*.py")}
    parents = {parent.as_posix() for folder in folders for parent in Path(folder).parents if parent != Path()}
    depth = {"nano_banana_addon": 3}
    cut = {f for f in folders | parents if len(f.split("/")) <= depth.get(f.split("/")[0], 2)}
    return {f for f in cut if "__pycache__" not in f} | {"docs", "requirements"}


def test_the_picture_of_the_architecture_shows_the_present_imports():
    """Drawn by `python3 dev.py map`."""
    assert architecture.draw() == architecture.PICTURE.read_text(encoding="utf-8")
