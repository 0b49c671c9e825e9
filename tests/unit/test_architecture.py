# SPDX-License-Identifier: GPL-3.0-or-later
"""The structure that would otherwise decay: who imports whom, sizes, and what needs Blender."""

from __future__ import annotations

import re
import subprocess
import sys
from collections import Counter

import pytest

from tests.support import source
from tests.support.source import ROOT, SHIPPED, name_of

PURE = ("core", "imaging", "wire", "storage", "worker", "simulator")
#: Each layer and those it may import beside itself. `identity` (names), `lazy` (imports) and
#: `light_dataclass` and `light_tuple` are everybody's.
BELOW = {
    "identity": set[str](),
    "lazy": set[str](),
    "light_dataclass": set[str](),
    "light_tuple": set[str](),
    "translations": set[str](),
    "core": set[str](),
    "simulator": set[str](),
    "imaging": {"core"},
    "wire": {"core"},
    "storage": {"core", "imaging", "wire"},
    "worker": {"core", "imaging", "wire", "storage", "simulator"},
    "blender": {"core", "imaging", "wire", "storage"},
    "session": {"core", "wire", "storage", "worker", "blender"},
    "features": {"core", "imaging", "wire", "storage", "worker", "blender", "session", "translations"},
    "properties": {"core", "blender", "session", "features"},
    "preferences": {"core", "wire", "blender", "session", "features", "properties", "translations"},
    "panels": {"core", "wire", "blender", "session", "features", "properties", "translations"},
    "operators": {"core", "wire", "blender", "session", "features", "properties", "translations"},
    "cli": {"core", "wire", "storage", "worker", "blender", "session", "features", "properties"},
    "registration": {
        "core",
        "blender",
        "session",
        "features",
        "properties",
        "preferences",
        "operators",
        "panels",
        "cli",
        "translations",
    },
}
MAX_LINES, MAX_FUNCTION, MAX_MODULES = 300, 40, 16


@pytest.mark.parametrize("layer", BELOW)
def test_a_layer_imports_only_what_lies_below_it(layer):
    allowed = BELOW[layer] | {layer, "identity", "lazy", "light_dataclass", "light_tuple"}
    wrong = {
        f"{name_of(path)} imports {name_of(target)}"
        for path, targets in source.file_arrows().items()
        if source.layer_of(path) == layer
        for target in targets
        if source.layer_of(target) not in allowed | {"nano_banana_addon"}
    }
    assert wrong == set()


def test_every_layer_is_in_the_table():
    assert {source.layer_of(path) for path in SHIPPED} - {"__init__", "nano_banana_addon"} == set(BELOW)


def test_no_file_imports_itself_by_a_detour():
    assert source.find_cycles(source.file_arrows()) == []


def test_no_folder_imports_itself_by_a_detour():
    assert source.find_cycles(source.folder_arrows()) == []


def test_a_file_is_small_enough_to_be_read_at_once():
    counts = {name_of(path): len(path.read_text(encoding="utf-8").splitlines()) for path in SHIPPED}
    assert {name: count for name, count in counts.items() if count >= MAX_LINES} == {}
    functions = [(name_of(path), function) for path in SHIPPED for function in source.find_functions(path)]
    assert [(name, f.name) for name, f in functions if source.line_count(f) > MAX_FUNCTION] == []


def test_most_functions_are_tiny():
    lengths = sorted(source.line_count(function) for path in SHIPPED for function in source.find_functions(path))
    assert lengths[len(lengths) // 2] <= 8


def test_a_folder_shows_its_modules_at_one_glance():
    counts = Counter(path.parent for path in SHIPPED if path.name != "__init__.py")
    assert {name_of(folder): count for folder, count in counts.items() if count > MAX_MODULES} == {}


def test_only_one_file_knows_blenders_versions():
    knowing = {name_of(p) for p in SHIPPED if re.search(r"app\.version\b", p.read_text(encoding="utf-8"))}
    assert knowing <= {"nano_banana_addon/blender/host/compat.py"}


def test_every_pure_module_can_be_imported_without_blender():
    """Each in one process where Blender's modules are barred, so that a stray import is seen."""
    pure = [path for path in SHIPPED if source.layer_of(path) in PURE and path.name != "__main__.py"]
    code = (
        "import importlib, sys\n"
        "for name in ('bpy', 'gpu', 'mathutils', 'bmesh'): sys.modules[name] = None\n"
        "for name in sys.argv[1:]: importlib.import_module(name)\n"
    )
    command = [sys.executable, "-c", code, *map(source.module_of, pure)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr


def test_the_entry_imports_nothing_by_itself():
    kinds = [type(node).__name__ for node in source.parse(ROOT / "__init__.py").body]
    assert kinds == ["Expr", "FunctionDef", "FunctionDef"]
