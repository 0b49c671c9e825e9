# SPDX-License-Identifier: GPL-3.0-or-later
"""Eight views onto a 4096 x 4096 map of 250 k triangles, in turn with Cycles' own EMIT bake of one
view; and six views onto four UDIM tiles of that size. Runs inside Blender.

The reference is what a user would do without this: camera coordinates by nodes, one EMIT bake with
one sample per view.
"""

from __future__ import annotations

import argparse
import resource
import sys
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from time import perf_counter, process_time
from typing import Any

from .support.rows import Row, compare, limit, measure_in_turns, time_call

PER_VIEW_HOLD = 1 / 60  # of Cycles' time for one view
WHOLE_HOLD = 0.25  # of it: all views with colour match and finishing
MEMORY_HOLD = 600  # MB above what the process had before
TILES_HOLD = 1.0  # of Cycles' time for as many views onto one tile; it would bake each view onto all four
TILES_SECONDS_HOLD, TILES_MEMORY_HOLD = 60, 3000  # MB in all
TILES_VIEWS = 6
CYCLES_ROUNDS = 3  # one bake takes 13 s on two cores, so three turns instead of five


@dataclass
class Subject:
    """What is baked, and the seconds of each bake by step, with the processor's under "work"."""

    trial: Any
    settings: Any
    runs: list[dict[str, float]] = field(default_factory=list[dict[str, float]])

    def bake_ours(self) -> float:
        """Seconds that the projection of all views takes, without finishing."""
        from nano_banana_addon.blender.bake.bake import bake_geometry

        start, work = perf_counter(), process_time()
        seconds = dict(bake_geometry(self.trial.geometry, self.trial.painted(), self.settings).seconds)
        seconds |= {"whole": perf_counter() - start, "work": process_time() - work}
        self.runs.append(seconds)
        return seconds["prepare"] + seconds["project"]

    def time_projection(self, views: int, edge: int) -> float:
        """Seconds of a bake of the first views onto a map of that edge, without match and finish."""
        from nano_banana_addon.blender.bake.bake import bake_geometry

        plain = replace(self.settings, size=(edge, edge), finish=False, match_colours=False, heat_size=0)
        return time_call(lambda: bake_geometry(self.trial.geometry, self.trial.painted()[:views], plain))


def measure(argv: list[str]) -> list[Row]:
    """The rows beside Cycles, and how time grows with views and texels."""
    parser = argparse.ArgumentParser(prog="bench bake", description=__doc__)
    parser.add_argument("--size", type=int, default=4096, help="edge of the map in texels")
    parser.add_argument("--pixels", type=int, default=2048, help="edge of a view in pixels")
    parser.add_argument("--views", type=int, default=8)
    parser.add_argument("--rounds", type=int, default=CYCLES_ROUNDS)
    options = parser.parse_args(argv)
    subject = _make_subject(options.size, options.pixels, options.views)
    subject.time_projection(2, 64)  # compiles the shaders
    before = _read_peak()
    subject.bake_ours()
    # The process's record of its peak: read before Cycles adds its own.
    memory = _read_peak() - before
    tiles = _time_tiles(subject)
    peak = _read_peak()
    subject.runs.clear()
    return [
        *_compare_with_cycles(subject, options.views, options.rounds, tiles),
        limit("peak of memory above what was there before", "MB", [memory], MEMORY_HOLD),
        limit("four UDIM tiles with finishing", "s", [tiles], TILES_SECONDS_HOLD),
        limit("peak of memory with four UDIM tiles", "MB", [peak], TILES_MEMORY_HOLD),
        *_compare_growth(subject, options.views, options.size, options.rounds),
    ]


def _time_tiles(subject: Subject) -> float:
    """Seconds of a bake of some views onto four UDIM tiles of that size: with 4096 texels as much as 8192."""
    from nano_banana_addon.blender.bake.bake import bake_geometry
    from nano_banana_addon.features.texture.views import targets
    from tests.support.tiles import spread_over_tiles

    trial = subject.trial
    (shape,) = trial.objects
    mesh, shape.data = shape.data, shape.data.copy()
    spread_over_tiles(shape)
    geometry, _ = targets.read(trial.objects)
    shape.data = mesh
    return time_call(lambda: bake_geometry(geometry, trial.painted()[:TILES_VIEWS], subject.settings))


def _compare_with_cycles(subject: Subject, views: int, rounds: int, tiles: float) -> list[Row]:
    from tests.oracle import cycles_bake

    trial = subject.trial
    cycles_bake.prepare(trial.objects[0], trial.views[0], trial.pictures[0], subject.settings.size[0])
    work: list[float] = []
    cases = {"ours": subject.bake_ours, "cycles": lambda: _time_with_work(cycles_bake.run, work)}
    figures = measure_in_turns(cases, rounds, warm_up=False)
    cycles, runs = figures["cycles"], subject.runs
    per_view = [seconds / views for seconds in figures["ours"]]
    name, turns = "Cycles' EMIT bake of one view", f"{rounds} turns"
    whole, processor = [run["whole"] for run in runs], [run["work"] / views for run in runs]
    finishing = [run["match"] + run["finish"] for run in runs]
    busy = f"processor seconds, with finishing; {turns}"
    tiled = min(TILES_VIEWS, views)
    return [
        compare(
            f"projection, one of {views} views",
            "s",
            per_view,
            cycles,
            name,
            PER_VIEW_HOLD,
            note=turns,
        ),
        compare(f"all {views} views with finishing", "s", whole, cycles, name, WHOLE_HOLD, note=turns),
        compare("colour match, fill, seams, dilation", "s", finishing, cycles, name, note=turns),
        compare(
            f"{tiled} views onto four UDIM tiles with finishing",
            "s",
            [tiles] * rounds,
            [tiled * seconds for seconds in cycles],
            f"{tiled} bakes by Cycles onto one tile",
            TILES_HOLD,
            note="one bake of ours",
        ),
        compare(f"processor for one of {views} views", "s", processor, work, name, note=busy),
    ]


def _compare_growth(subject: Subject, views: int, edge: int, rounds: int) -> list[Row]:
    """What one more view and one more million texels cost: both should be steady."""
    cases = {
        "all": lambda: subject.time_projection(views, edge) / views,
        "one": lambda: subject.time_projection(1, edge),
        "large": lambda: subject.time_projection(views, edge) / edge**2 * 1e6,
        "small": lambda: subject.time_projection(views, edge // 4) / (edge // 4) ** 2 * 1e6,
    }
    figures = measure_in_turns(cases, rounds, warm_up=False)
    small = f"a million of a map of {edge // 4}"
    return [
        compare(f"a view, of {views}", "s", figures["all"], figures["one"], "a view alone"),
        compare(f"a million texels of a map of {edge}", "s", figures["large"], figures["small"], small),
    ]


def _make_subject(edge: int, pixels: int, count: int) -> Subject:
    import bpy
    import numpy as np

    from nano_banana_addon.blender.bake.bake import BakeSettings
    from nano_banana_addon.blender.bake.mesh import read_geometry
    from nano_banana_addon.blender.bake.views import Lens
    from nano_banana_addon.blender.host.gpu import initialise_gpu
    from tests.oracle.measure import Trial
    from tests.oracle.scenes import scan
    from tests.support.views import zigzag

    initialise_gpu()
    objects = scan()
    geometry = read_geometry(bpy.context.evaluated_depsgraph_get(), objects)
    canvas = (pixels, pixels)
    views = zigzag(geometry.outline_points(), Lens(canvas), count)
    dice = np.random.default_rng(0)
    pictures = [dice.integers(40, 215, (pixels, pixels, 3), dtype=np.uint8) for _ in views]
    trial = Trial(objects, geometry, views, canvas, pictures)
    return Subject(trial, BakeSettings(size=(edge, edge)))


def _time_with_work(work: Callable[[], object], processor: list[float]) -> float:
    """Seconds of a call; what all processors spent in it is appended to `processor`."""
    start = process_time()
    seconds = time_call(work)
    processor.append(process_time() - start)
    return seconds


def _read_peak() -> float:
    """The most memory that this process ever had, in MB."""
    unit = 2**20 if sys.platform == "darwin" else 2**10
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit
