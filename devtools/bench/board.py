# SPDX-License-Identifier: GPL-3.0-or-later
"""How long a PDF board of 200 shots with JPEG images takes, and how much memory, in turn with Pillow's own PDF of the
same images. Each is written by a process of its own."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from ..paths import ROOT
from .support.rows import Row, compare, limit

SHOTS, SIZE = 200, (2752, 1536)
HOLD_SECONDS, HOLD_MEGABYTES = 3.0, 300.0
_LAYOUT = "LANDSCAPE_3X2"
_WHEELS = ".local/lib/python*/site-packages"


def measure(argv: list[str]) -> list[Row]:
    """Seconds and peak memory in megabytes, of the whole process."""
    parser = argparse.ArgumentParser(prog="bench board", description=__doc__)
    parser.add_argument("--rounds", type=int, default=2)
    rounds = parser.parse_args(argv).rounds
    figures: dict[str, list[tuple[float, float]]] = {"ours": [], "pillow": []}
    with tempfile.TemporaryDirectory() as name:
        _write_images(Path(name))
        for number in range(rounds + 1):
            for case, found in figures.items():
                figure = _measure_process(case, name)
                if number:
                    found.append(figure)
    (seconds, memory), (seconds_beside, _) = (tuple(zip(*figures[case], strict=True)) for case in figures)
    title, beside = f"board of {SHOTS} shots", "Pillow's PDF, without text"
    return [
        compare(title, "s", seconds, seconds_beside, beside, HOLD_SECONDS, is_absolute=True),
        limit(f"{title}, memory above idle", "MB", memory, HOLD_MEGABYTES),
    ]


def _write_images(folder: Path) -> None:
    import numpy as np
    from PIL import Image

    noise = Image.fromarray(np.random.default_rng(1).integers(0, 255, (48, 86, 3), np.uint8))
    for number in range(SHOTS):
        image = noise.resize(SIZE, Image.Resampling.BICUBIC).rotate(number)
        image.save(folder / f"{number:03}.jpg", quality=92)


def _measure_process(case: str, folder: str) -> tuple[float, float]:
    command = [sys.executable, "-c", _PROGRAM, case, folder]
    wheels = Path(os.environ["BLENDER_USER_RESOURCES"], "extensions").glob(_WHEELS)  # those of the add-on
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(map(str, [ROOT, *wheels]))}
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
    seconds, megabytes = done.stdout.split()[-2:]
    return float(seconds), float(megabytes)


_PROGRAM = f"""
import resource, sys, time
from pathlib import Path
from PIL import Image
case, folder = sys.argv[1:]
images = sorted(Path(folder).glob("*.jpg"))
out = Path(folder) / "board.pdf"
if case == "ours":
    from nano_banana_addon.core.storyboard import board, shot
    from nano_banana_addon.imaging.board import pdf
    words = dict(action="She lifts the kettle. " * 3, dialogue="Чай? 茶。")
    shots = [shot.Shot(f"Shot {{i}}", 1 + 24 * i, 24, "", **words) for i in range(len(images))]
idle = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
start = time.perf_counter()
if case == "ours":
    with out.open("wb") as file:
        pdf.write_pdf(file, board.Project("Bench"), board.list_panels(shots, images), "{_LAYOUT}", "A4")
else:
    first, *others = map(Image.open, images)
    first.save(out, save_all=True, append_images=others)
print(time.perf_counter() - start, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - idle) / 1024)
"""
