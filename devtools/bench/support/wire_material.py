# SPDX-License-Identifier: GPL-3.0-or-later
"""The files that the wire benchmark sends and receives, and the server that it talks to."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from devtools.paths import ROOT

KEY = "AIzaSyA-bench_key_0123456789abcdefghijk"
#: The largest picture that the service takes inline.
REFERENCE_BYTES = 7 * 2**20
ANSWER_PIXELS = (5504, 3072)  # Nano Banana Pro's 16:9 at 4K


def write_references(folder: Path, count: int, size: int) -> list[Path]:
    """Write so many JPEG files of exactly `size` bytes; what follows the picture is noise."""
    from PIL import Image

    buffer = io.BytesIO()
    Image.effect_noise((320, 180), 60).convert("RGB").save(buffer, "JPEG")
    start = buffer.getvalue()
    paths = [folder / f"reference-{size}-{number:02}.jpg" for number in range(count)]
    for path in paths:
        path.write_bytes(start + os.urandom(size - len(start)))
    return paths


def write_answer(folder: Path) -> Path:
    """Write a 4K PNG of about 25 MB, as large as those of painted, grainy pictures."""
    import numpy
    from PIL import Image

    width, height = ANSWER_PIXELS
    noise = numpy.random.default_rng(1).integers(100, 109, (height, width, 3), dtype=numpy.uint8)
    path = folder / "answer.png"
    Image.fromarray(noise).save(path, compress_level=1)
    return path


def variables() -> dict[str, str]:
    """The environment of a child that finds what this process finds: httpx and Pillow come with the extension."""
    return os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}


@contextmanager
def server(answer: Path, *more: str) -> Iterator[str]:
    """Run the simulator in a process of its own, its limits lifted; gives its address."""
    arguments = ["--key", KEY, "--canned", str(answer), "--mime", "image/png"]
    arguments += ["--body-limit", "0", "--image-limit", "0", *more]
    with subprocess.Popen(
        [sys.executable, "-m", "devtools.simulator", *arguments],
        cwd=ROOT,
        env=variables(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        # In the field the server is another machine: here it may not take the processor from the
        # others.
        preexec_fn=partial(os.nice, 10),
    ) as process:
        try:
            assert process.stdout is not None
            address = process.stdout.readline().strip()
            if not address:
                raise RuntimeError("the simulator did not start")
            yield address
        finally:
            process.terminate()
