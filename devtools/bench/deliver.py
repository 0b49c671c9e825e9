# SPDX-License-Identifier: GPL-3.0-or-later
"""How long delivering a 4K result holds Blender's main thread, in turn with Blender's own decoding
of that file. Runs inside Blender."""

from __future__ import annotations

import argparse
import hashlib
import tempfile
import time
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

from .support.rows import ROUNDS, Row, compare, measure_in_turns

SIDE = 4096  # pixels
MATERIAL_HOLD = 30.0  # milliseconds: more is felt when a picture lands on a surface
COMPOSITOR_HOLD = 1.2  # times Blender's own decoding


def measure(argv: list[str]) -> list[Row]:
    """The rows of a PNG and of a JPEG, in milliseconds."""
    parser = argparse.ArgumentParser(prog="bench deliver", description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    rounds = parser.parse_args(argv).rounds
    with tempfile.TemporaryDirectory() as folder:
        kinds = ("PNG", "JPEG")
        return [row for kind in kinds for row in _measure_kind(Path(folder), kind, rounds)]


def _measure_kind(folder: Path, kind: str, rounds: int) -> list[Row]:
    picture, numbers, both = _write_picture(folder, kind), count(), ("IMAGE", "MATERIAL")
    figures = measure_in_turns(
        {
            "material": lambda: _deliver(picture, folder, both, numbers),
            "script": lambda: _deliver(picture, folder, both, numbers, ahead=False),
            "compositor": lambda: _deliver(picture, folder, ("COMPOSITOR",), numbers),
            "decode": lambda: _decode(picture),
        },
        rounds,
    )
    return _make_rows(f"{kind} {SIDE} x {SIDE}", figures)


def _make_rows(name: str, figures: dict[str, list[float]]) -> list[Row]:
    milliseconds = {case: [1e3 * value for value in values] for case, values in figures.items()}
    beside = (milliseconds["decode"], "Blender's own decoding")
    material, script = milliseconds["material"], milliseconds["script"]
    copy = "with the copy beside the .blend"
    return [
        compare(f"{name} as image + material", "ms", material, *beside, MATERIAL_HOLD, is_absolute=True),
        compare(f"{name} as the same, by a script", "ms", script, *beside, note=copy),
        compare(f"{name} into the compositor", "ms", milliseconds["compositor"], *beside, COMPOSITOR_HOLD),
    ]


def _write_picture(folder: Path, kind: str) -> Path:
    """A picture that compresses about as a painted one does: smooth shapes with grain."""
    import bpy
    import numpy as np

    y, x = np.mgrid[0:SIDE, 0:SIDE].astype(np.float32) / SIDE
    grain = np.random.default_rng(0).normal(0, 0.01, (SIDE, SIDE)).astype(np.float32)
    pixels = np.ones((SIDE, SIDE, 4), np.float32)
    for channel, (across, down) in enumerate(((7, 3), (2, 9), (5, 5))):
        pixels[..., channel] = 0.5 + 0.4 * np.sin(across * 6 * x) * np.cos(down * 6 * y) + grain
    image = bpy.data.images.new("bench", SIDE, SIDE)
    image.pixels.foreach_set(pixels.ravel())
    path = folder / f"result.{kind.lower()}"
    image.file_format = kind
    image.save(filepath=str(path))
    return path


def _decode(picture: Path) -> float:
    import bpy

    bpy.ops.wm.read_homefile(use_empty=True)
    image = bpy.data.images.load(str(picture))
    begun = time.perf_counter()
    if not next(iter(image.size)):
        raise RuntimeError("Blender read nothing")
    return time.perf_counter() - begun


def _deliver(
    picture: Path,
    folder: Path,
    kinds: tuple[str, ...],
    numbers: Iterator[int],
    *,
    ahead: bool = True,
) -> float:
    """Deliver into a saved file: the longest that the main thread is held, in seconds. `ahead`: as
    results come by themselves, their copy beside the .blend made by a thread; else as a script does
    it. numbers makes each generation another one."""
    import bpy

    from nano_banana_addon.blender.deliver.datablocks.files import ImageStorage
    from nano_banana_addon.blender.deliver.delivery import deliver, is_ready
    from nano_banana_addon.core.constants import DeliveryKind

    bpy.ops.wm.read_homefile(use_empty=True)
    bpy.ops.mesh.primitive_cube_add()
    bpy.ops.wm.save_as_mainfile(filepath=str(folder / "bench.blend"))
    generation = _make_generation(picture, f"{'-'.join(kinds)}-{next(numbers)}-{picture.suffix}")
    held = 0.0
    if ahead:  # as the pump does: it asks at each turn, and goes on with other things between
        while (turn := _time(lambda: is_ready(generation)))[1] is False:
            held = max(held, turn[0])
            time.sleep(0.01)
    targets = [DeliveryKind(kind) for kind in kinds]
    seconds, _ = _time(lambda: deliver(generation, targets, storage_choice=ImageStorage.BESIDE))
    for copy in (folder / "nano_banana").iterdir():
        copy.unlink()
    return max(seconds, held)


def _time(work: Callable[[], Any]) -> tuple[float, Any]:
    """Seconds that a call takes, and what it returns."""
    begun = time.perf_counter()
    result = work()
    return time.perf_counter() - begun, result


def _make_generation(picture: Path, identity: str) -> Any:
    from nano_banana_addon.core.constants import State
    from nano_banana_addon.core.request import GenerationRequest
    from nano_banana_addon.core.result import Answer, Generation, Picture
    from nano_banana_addon.imaging.formats.thumbnails import write_thumbnail

    data = picture.read_bytes()
    kind = "image/png" if picture.suffix == ".png" else "image/jpeg"
    digest = hashlib.sha256(data).hexdigest()
    painted = Picture(str(picture), digest, kind, SIDE, SIDE, len(data))
    request = GenerationRequest(prompt="bench")
    thumbnail = picture.with_suffix(".thumbnail.jpg")
    if not thumbnail.exists():  # as the worker process makes it
        write_thumbnail(picture, thumbnail)
    return Generation(identity, request, State.DONE, answer=Answer((painted,)), thumbnail=str(thumbnail))
