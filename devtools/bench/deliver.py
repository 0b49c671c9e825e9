# SPDX-License-Identifier: GPL-3.0-or-later
"""How long delivering a 4K result holds Blender's main thread, beside Blender's own decoding of
that file.

Runs inside Blender (a bpy wheel), with `nano_banana_addon` importable.
"""

from __future__ import annotations

import argparse
import hashlib
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

SIDE = 4096  # pixels
MATERIAL_TARGET = 0.030  # seconds that laying a picture onto a surface may take
COMPOSITOR_TARGET = 1.2  # times Blender's own decoding
_ROUNDS = 5


def main(argv: list[str]) -> int:
    """Measure and print the two rows; 1 if one is above its target."""
    parser = argparse.ArgumentParser(prog="bench deliver", description=__doc__)
    parser.add_argument("--rounds", type=int, default=_ROUNDS)
    rounds = parser.parse_args(argv).rounds
    held = True
    with tempfile.TemporaryDirectory() as folder:
        for kind in ("PNG", "JPEG"):
            held &= _rows(_write_picture(Path(folder), kind), Path(folder), kind, rounds)
    return 0 if held else 1


def _rows(picture: Path, folder: Path, kind: str, rounds: int) -> bool:
    import bpy

    decode = _median(lambda _: _decode(picture), rounds)
    both = ("IMAGE", "MATERIAL")
    material = _median(lambda n: _deliver(picture, folder, both, n), rounds)
    script = _median(lambda n: _deliver(picture, folder, both, n, ahead=False), rounds)
    ratios = [_deliver(picture, folder, ("COMPOSITOR",), n) / _decode(picture) for n in range(rounds)]
    ratio = statistics.median(ratios)
    hold = MATERIAL_TARGET * 1e3
    print(f"Blender {bpy.app.version_string}, {kind} {SIDE} x {SIDE}")
    print(f"  Blender's own decoding          {decode * 1e3:7.1f} ms")
    print(f"  delivered as image + material   {material * 1e3:7.1f} ms   (hold {hold:.0f})")
    print(f"    by a script, with the copy    {script * 1e3:7.1f} ms")
    print(f"  delivered into the compositor   {ratio:7.2f} x    (hold {COMPOSITOR_TARGET})")
    return material <= MATERIAL_TARGET and ratio <= COMPOSITOR_TARGET


def _median(work: Callable[[int], float], rounds: int) -> float:
    work(rounds)  # once for imports and the file cache
    return statistics.median(work(n) for n in range(rounds))


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


def _deliver(picture: Path, folder: Path, kinds: tuple[str, ...], number: int, *, ahead: bool = True) -> float:
    """Into a saved file; the longest that the main thread is held. `ahead`: as results come by
    themselves, their copy beside the .blend made by a thread; else as a script does it."""
    import bpy

    from nano_banana_addon.blender.deliver.datablocks.files import ImageStorage
    from nano_banana_addon.blender.deliver.delivery import deliver, is_ready
    from nano_banana_addon.core.request import DeliveryKind

    bpy.ops.wm.read_homefile(use_empty=True)
    bpy.ops.mesh.primitive_cube_add()
    bpy.ops.wm.save_as_mainfile(filepath=str(folder / "bench.blend"))
    generation = _generation(picture, f"{'-'.join(kinds)}-{number}-{picture.suffix}")
    held = 0.0
    if ahead:  # as the pump does: it asks at each turn, and goes on with other things between
        while (asked := _seconds(lambda: is_ready(generation)))[1] is False:
            held = max(held, asked[0])
            time.sleep(0.01)
    wanted = [DeliveryKind(kind) for kind in kinds]
    seconds, _ = _seconds(lambda: deliver(generation, wanted, storage_choice=ImageStorage.BESIDE))
    for copy in (folder / "nano_banana").iterdir():
        copy.unlink()
    return max(seconds, held)


def _seconds(work: Callable[[], Any]) -> tuple[float, Any]:
    begun = time.perf_counter()
    found = work()
    return time.perf_counter() - begun, found


def _generation(picture: Path, identity: str) -> Any:
    from nano_banana_addon.core.request import GenerationRequest
    from nano_banana_addon.core.result import Answer, Generation, Picture, State

    data = picture.read_bytes()
    kind = "image/png" if picture.suffix == ".png" else "image/jpeg"
    digest = hashlib.sha256(data).hexdigest()
    shown = Picture(str(picture), digest, kind, SIDE, SIDE, len(data))
    request = GenerationRequest(prompt="bench")
    return Generation(identity, request, State.DONE, answer=Answer((shown,)))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
