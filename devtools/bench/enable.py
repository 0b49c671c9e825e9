# SPDX-License-Identifier: GPL-3.0-or-later
"""What enabling the add-on costs: import and register, each time in a fresh process, in turn with
Blender's own glTF add-on and with a plain add-on that has as many classes."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from devtools.identity import EXTENSION
from devtools.paths import ROOT

from .support.rows import ROUNDS, Row, compare, limit

HOLD = 1.0  # times either of the two
GLTF = "io_scene_gltf2"
PLAIN = "bench_plain_addon"
HEAVY = ("httpx", "PIL", "numpy")
# The glTF add-on is enabled by default: while Blender starts its import is refused, in all runs,
# so that it is enabled anew with whatever it brings along. Blender's own start imports numpy in
# some versions: only what comes with enabling counts.
_PROGRAM = """
import importlib, json, sys, time
class Refuse:
    def find_spec(name, path=None, target=None):
        if name == "io_scene_gltf2": raise ImportError("not yet")
sys.meta_path.insert(0, Refuse)
import bpy, addon_utils
sys.meta_path.remove(Refuse)
name, heavy = sys.argv[1], sys.argv[2].split(",")
addon_utils.extensions_refresh(ensure_wheels=False)
before = set(sys.modules)
assert name not in before
start = time.perf_counter()
module = importlib.import_module(name)
module.register()
seconds = time.perf_counter() - start
loaded = [n for n in heavy if n in sys.modules and n not in before]
bases = (bpy.types.Operator, bpy.types.Panel, bpy.types.PropertyGroup, bpy.types.UIList,
         bpy.types.Menu, bpy.types.AddonPreferences)
counts = {}
for base in bases:
    own = [c for c in base.__subclasses__() if c.__module__.startswith(name)]
    counts[base.__name__] = [len(own), sum(len(c.__dict__.get("__annotations__", {})) for c in own)]
module.unregister()
print("RESULT " + json.dumps([seconds, loaded, counts]))
"""


def measure(argv: list[str]) -> list[Row]:
    """The rows: milliseconds beside the two others, and what must not be imported."""
    parser = argparse.ArgumentParser(prog="bench enable", description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    rounds = parser.parse_args(argv).rounds
    names = (EXTENSION, GLTF, PLAIN)
    figures: dict[str, list[float]] = {name: [] for name in names}
    heavy: set[str] = set()
    with tempfile.TemporaryDirectory() as folder:
        counts = _enable_once(EXTENSION, folder)[2]
        write_plain_addon(Path(folder), counts)
        for name in names[1:]:
            _enable_once(name, folder)  # compiles its modules, as the first one did ours
        for _ in range(rounds):
            for name in names:
                seconds, loaded, _counts = _enable_once(name, folder)
                figures[name].append(1e3 * seconds)
                heavy |= set(loaded) if name == EXTENSION else set()
    classes = sum(count for count, _properties in counts.values())
    plain = f"a plain add-on with as many classes ({classes})"
    return [
        compare("enabling", "ms", figures[EXTENSION], figures[GLTF], "Blender's glTF add-on", HOLD),
        compare("enabling", "ms", figures[EXTENSION], figures[PLAIN], plain, HOLD),
        limit(f"imported of {', '.join(HEAVY)}", "", [len(heavy)], 0, ", ".join(sorted(heavy))),
    ]


def write_plain_addon(folder: Path, counts: dict[str, list[int]]) -> None:
    """An add-on of one file that only registers: for each kind of class in counts (how many, with
    how many properties in all) the same, with nothing behind them. Preferences, whose class must
    name an installed add-on, become a property group."""
    lines, number = ["import bpy", "CLASSES = []"], 0
    for base, (count, properties) in counts.items():
        kind = "PropertyGroup" if base == "AddonPreferences" else base
        for index in range(count):
            share = properties // count + (index < properties % count)
            lines += _write_class(kind, number, share)
            number += 1
    lines += ["def register():", "    for c in CLASSES: bpy.utils.register_class(c)"]
    lines += ["def unregister():", "    for c in reversed(CLASSES): bpy.utils.unregister_class(c)"]
    (folder / f"{PLAIN}.py").write_text("\n".join([*lines, ""]), encoding="utf-8")


def _write_class(base: str, number: int, properties: int) -> list[str]:
    short = {"Operator": "OT", "Panel": "PT", "UIList": "UL", "Menu": "MT"}.get(base, "PG")
    lines = [f"class BENCH_{short}_plain_{number}(bpy.types.{base}):"]
    lines += [f'    bl_idname = "bench.plain_{number}"'] if base == "Operator" else []
    lines += ["    bl_label = 'Plain'"] if base in {"Operator", "Panel", "Menu"} else []
    lines += ["    bl_space_type, bl_region_type = 'VIEW_3D', 'UI'"] if base == "Panel" else []
    lines += [
        f"    p{i}: bpy.props.StringProperty(name='Plain', description='A plain text')" for i in range(properties)
    ]
    lines += ["    def draw(self, context): self.layout.label(text='Plain')"]
    lines += ["    def execute(self, context): return {'FINISHED'}"]
    return [*lines, f"CLASSES.append(BENCH_{short}_plain_{number})"]


def _enable_once(name: str, folder: str) -> tuple[float, list[str], dict[str, Any]]:
    """Seconds, the heavy modules that came with it, and [classes, properties] of each kind."""
    variables = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    variables["PYTHONPATH"] = folder
    command = [sys.executable, "-c", _PROGRAM, name, ",".join(HEAVY)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, env=variables, cwd=ROOT)
    line = next((x for x in done.stdout.splitlines() if x.startswith("RESULT ")), "")
    if not line:
        raise RuntimeError(f"enabling {name} failed:\n{done.stdout}{done.stderr}")
    seconds, loaded, counts = json.loads(line.removeprefix("RESULT "))
    return seconds, loaded, counts
