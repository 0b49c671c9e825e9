# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules of the house that would otherwise decay: sizes, who imports whom, what needs Blender."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from itertools import pairwise
from pathlib import Path

import pytest

from devtools.stage import PACKAGES

ROOT = Path(__file__).resolve().parents[2]
PURE = ("core", "wire", "imaging", "jobs", "simulator")
# Each layer and those it may import. `identity` holds names only and is everybody's.
MAY_IMPORT = {
    "core": {"core"},
    "wire": {"wire", "core"},
    "imaging": {"imaging", "core"},
    "jobs": {"jobs", "wire", "imaging", "core", "simulator"},
    "simulator": {"simulator"},
    "blender": {"blender", "jobs", "wire", "imaging", "core"},
    "properties": {"properties", "core", "blender"},  # update callbacks
}
SHIPPED = sorted(p for package in PACKAGES for p in (ROOT / package).rglob("*.py"))
PURE_FILES = [p for p in SHIPPED if p.relative_to(ROOT).parts[1] in PURE]


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def module_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imported(path: Path) -> set[str]:
    """The modules that a file names in its imports, relative ones resolved."""
    package = module_of(path) if path.name == "__init__.py" else module_of(path).rpartition(".")[0]
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            parts = package.split(".")
            base = parts[: len(parts) - node.level + 1] if node.level else []
            module = ".".join([*base, *([node.module] if node.module else [])])
            found |= {f"{module}.{alias.name}" for alias in node.names}
    return found


def functions(path: Path) -> list[tuple[str, int]]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    kinds = ast.FunctionDef | ast.AsyncFunctionDef
    found = [node for node in ast.walk(tree) if isinstance(node, kinds)]
    return [(f.name, (f.end_lineno or f.lineno) - f.lineno + 1) for f in found]


@pytest.mark.parametrize("path", SHIPPED, ids=name_of)
def test_a_file_is_small_enough_to_be_read_at_once(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) < 300
    assert [f for f in functions(path) if f[1] > 40] == []


def test_most_functions_are_tiny():
    lengths = sorted(length for path in SHIPPED for _, length in functions(path))
    assert lengths[len(lengths) // 2] <= 8


@pytest.mark.parametrize("path", SHIPPED, ids=name_of)
def test_a_shipped_file_names_its_licence_and_purpose_first(path):
    text = path.read_text(encoding="utf-8")
    assert text.startswith("# SPDX-License-Identifier: GPL-3.0-or-later\n")
    assert ast.get_docstring(ast.parse(text))


@pytest.mark.parametrize("layer", MAY_IMPORT)
def test_a_layer_imports_only_what_lies_below_it(layer):
    wrong = set()
    for path in (ROOT / "nano_banana_addon" / layer).rglob("*.py"):
        for name in imported(path):
            ours = name.startswith("nano_banana_addon.") and name.split(".")[1] != "identity"
            above = name.split(".")[0] in {"operators", "panels"}
            if above or (ours and name.split(".")[1] not in MAY_IMPORT[layer]):
                wrong.add(f"{name_of(path)} imports {name}")
    assert wrong == set()


def test_only_one_file_knows_blenders_versions():
    knowing = {name_of(p) for p in SHIPPED if re.search(r"app\.version\b", p.read_text(encoding="utf-8"))}
    assert knowing <= {"nano_banana_addon/blender/host/compat.py"}


def test_every_pure_module_can_be_imported_without_blender():
    """Each in one process where Blender's modules are barred, so that a stray import is seen."""
    modules = [module_of(p) for p in PURE_FILES if p.name != "__main__.py"]
    code = (
        "import importlib, sys\n"
        "for name in ('bpy', 'gpu', 'mathutils', 'bmesh'): sys.modules[name] = None\n"
        "for name in sys.argv[1:]: importlib.import_module(name)\n"
    )
    command = [sys.executable, "-c", code, *modules]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr


def test_the_entry_can_be_imported_without_blender():
    body = ast.parse((ROOT / "__init__.py").read_text(encoding="utf-8")).body
    assert [type(node) for node in body] == [ast.Expr, ast.FunctionDef, ast.FunctionDef]


def test_the_version_is_the_same_in_manifest_and_code():
    from nano_banana_addon.identity import EXTENSION_ID, VERSION

    manifest = tomllib.loads((ROOT / "blender_manifest.toml").read_text(encoding="utf-8"))
    assert (manifest["id"], manifest["version"]) == (EXTENSION_ID, VERSION)


def test_the_manifest_asks_with_reasons_that_blender_shows_whole():
    manifest = tomllib.loads((ROOT / "blender_manifest.toml").read_text(encoding="utf-8"))
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
