# SPDX-License-Identifier: GPL-3.0-or-later
"""Eight views onto a 4096 x 4096 map of 250 k triangles, beside Cycles' own EMIT bake of one view.

Runs inside Blender (a bpy wheel), with `nano_banana_addon` importable. The reference is what a user would do
without this: camera coordinates by nodes, one EMIT bake with one sample per view.
"""

from __future__ import annotations

import argparse
import resource
import sys
from dataclasses import replace
from time import perf_counter, process_time
from typing import Any

RATIO = 30.0  # target: times faster per view than Cycles
PROJECTION = 4.0  # seconds in all
FINISHING = 8.0  # seconds


def main(argv: list[str]) -> int:
    """Measure and print; 1 if a target is missed."""
    parser = argparse.ArgumentParser(prog="bench bake", description=__doc__)
    parser.add_argument("--size", type=int, default=4096, help="edge of the map in texels")
    parser.add_argument("--pixels", type=int, default=2048, help="edge of a view in pixels")
    parser.add_argument("--views", type=int, default=8)
    parser.add_argument("--without-cycles", action="store_true", help="leave the reference out")
    chosen = parser.parse_args(argv)
    trial, settings = _scene(chosen)
    before = _peak()
    measured = _ours(trial, settings)
    finishing = measured["match"] + measured["finish"]
    projection = measured["prepare"] + measured["project"]
    print(f"projection  {projection:6.2f} s   (hold {PROJECTION} for 8 views at 4096)")
    print(f"  of it reading views {measured['prepare']:.2f} s, onto the map {measured['project']:.2f} s")
    print(f"finishing   {finishing:6.2f} s   (hold {FINISHING})")
    print(f"  of it colour match {measured['match']:.2f} s, fill, seams, dilation {measured['finish']:.2f} s")
    print(f"memory      {_peak() - before:6.0f} MB above {before:.0f} MB")
    held = projection <= PROJECTION and finishing <= FINISHING
    _growth(trial, settings, chosen.views)
    if not chosen.without_cycles:
        held &= _beside_cycles(trial, settings, projection / chosen.views)
    return 0 if held else 1


def _scene(chosen: argparse.Namespace) -> tuple[Any, Any]:
    import bpy
    import numpy as np

    from nano_banana_addon.blender.bake import views as view_sets
    from nano_banana_addon.blender.bake.bake import BakeSettings
    from nano_banana_addon.blender.bake.mesh import read_geometry
    from nano_banana_addon.blender.host.gpu import initialise_gpu
    from tests.oracle.measure import Trial
    from tests.oracle.scenes import scan

    initialise_gpu()
    objects = scan()
    start = perf_counter()
    geometry = read_geometry(bpy.context.evaluated_depsgraph_get(), objects)
    print(f"Blender {bpy.app.version_string}, {geometry.targets[0].triangle_count:,} triangles")
    print(f"geometry    {perf_counter() - start:6.2f} s")
    canvas = (chosen.pixels, chosen.pixels)
    views = view_sets.zigzag(geometry.outline_points(), view_sets.Lens(canvas), chosen.views)
    draw = np.random.default_rng(0)
    pictures = [draw.integers(40, 215, (chosen.pixels, chosen.pixels, 3), dtype=np.uint8) for _ in views]
    settings = BakeSettings(size=(chosen.size, chosen.size))
    return Trial(objects, geometry, views, canvas, pictures), settings


def _ours(trial: Any, settings: Any) -> dict[str, float]:
    """Seconds by step; the shaders are compiled in a small run before."""
    from nano_banana_addon.blender.bake.bake import bake_geometry

    bake_geometry(trial.geometry, trial.painted()[:2], replace(settings, size=(64, 64)))
    return bake_geometry(trial.geometry, trial.painted(), settings).seconds


def _growth(trial: Any, settings: Any, count: int) -> None:
    """What one more view and one more million texels cost: both should be steady."""
    from nano_banana_addon.blender.bake.bake import bake_geometry

    plain = replace(settings, finish=False, match_colours=False, heat_size=0)
    for views in sorted({1, max(1, count // 2), count}):
        seconds = sum(bake_geometry(trial.geometry, trial.painted()[:views], plain).seconds.values())
        print(f"  {views:2d} views      {seconds:6.2f} s   {seconds / views:.2f} s a view")
    for edge in (settings.size[0] // 4, settings.size[0] // 2, settings.size[0]):
        seconds = bake_geometry(trial.geometry, trial.painted(), replace(plain, size=(edge, edge))).seconds["project"]
        print(f"  {edge:5d} texels {seconds:6.2f} s   {seconds / (edge * edge / 1e6):.3f} s a million")


def _beside_cycles(trial: Any, settings: Any, ours: float) -> bool:
    from tests.oracle import cycles_bake

    cycles_bake.prepare(trial.objects[0], trial.views[0], trial.pictures[0], settings.size[0])
    start, worked = perf_counter(), process_time()
    cycles_bake.run()
    theirs, their_work = perf_counter() - start, process_time() - worked
    print(f"a view      {ours:6.2f} s, Cycles' EMIT bake {theirs:.2f} s: {theirs / ours:.0f} x  (hold {RATIO:.0f})")
    work = _work(trial, settings)
    print(f"  processor {work:6.2f} s, Cycles {their_work:.2f} s: {their_work / work:.0f} x (steady on a busy machine)")
    return theirs / ours >= RATIO


def _work(trial: Any, settings: Any) -> float:
    """Seconds of all processors for one view of all."""
    from nano_banana_addon.blender.bake.bake import bake_geometry

    plain = replace(settings, finish=False, match_colours=False, heat_size=0)
    start = process_time()
    bake_geometry(trial.geometry, trial.painted(), plain)
    return (process_time() - start) / len(trial.views)


def _peak() -> float:
    """The most memory that this process ever had, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
