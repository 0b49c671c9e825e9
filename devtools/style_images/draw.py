# SPDX-License-Identifier: GPL-3.0-or-later
"""Write the images of the styles into the add-on: `python3 dev.py script devtools/style_images/draw.py`.

With a path also a sheet of all of them, to look at.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from PIL import Image

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))  # as a script in Blender's environment

from devtools.style_images.looks import LOOKS  # noqa: E402
from devtools.style_images.scene import SAMPLES, SIZE, Buffers, render, trace  # noqa: E402

FOLDER = ROOT / "nano_banana_addon" / "features" / "presets" / "thumbnails"


def draw(style: str, buffers: Buffers) -> Image.Image:
    """The image of a style, SIZE pixels wide and high."""
    pixels = render(LOOKS[style], buffers)
    side = SIZE * SAMPLES
    small = pixels.reshape(side // SAMPLES, SAMPLES, side // SAMPLES, SAMPLES, 3).mean(axis=(1, 3))
    return Image.fromarray((small * 255 + 0.5).astype(np.uint8)).quantize(96, dither=Image.Dither.FLOYDSTEINBERG)


def main(argv: list[str]) -> None:
    """Write all images, and a sheet of them to the path that is given."""
    buffers = trace()
    FOLDER.mkdir(exist_ok=True)
    images = {style: draw(style, buffers) for style in LOOKS}
    for style, image in images.items():
        image.save(FOLDER / f"{style.lower()}.png", optimize=True)
    if argv:
        columns = 7
        sheet = Image.new("RGB", (columns * SIZE, -(-len(images) // columns) * SIZE))
        for number, image in enumerate(images.values()):
            sheet.paste(image.convert("RGB"), (number % columns * SIZE, number // columns * SIZE))
        sheet.save(argv[0])


if __name__ == "__main__":
    main(sys.argv[1:])
