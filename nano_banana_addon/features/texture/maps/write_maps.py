# SPDX-License-Identifier: GPL-3.0-or-later
"""Maps into files. A PNG of 8192 x 8192 takes ten seconds: in a thread, while Blender goes on."""

from __future__ import annotations

import re
from collections.abc import Generator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ....blender.bake.bake import BakedMap
from ....blender.deliver.datablocks import ownership_tags
from ....blender.host import folders
from ....core.result import Generation

TEXTURES_FOLDER = "textures"
#: Seconds in which Blender stands still while it waits; then it may draw.
_PATIENCE = 0.03


def title_of(generation: Generation, thing: str) -> str:
    """What a texture is called: the beginning of its prompt, and the object's name."""
    words = " ".join(ownership_tags.clean_text(generation.request.prompt).split())
    short = words if len(words) <= 32 else words[:32].rsplit(" ", 1)[0]
    return f"{'Offline preview: ' if generation.offline_preview else ''}{short} {thing}"


def write_maps_steps(maps: Sequence[BakedMap], generation: Generation) -> Generator[None, None, tuple[Path, ...]]:
    """Write the maps into the store's folder, yielding while it lasts; the files, in the maps' order.

    Raises `NanoBananaError` of kind DISK. Nothing is left of it when it fails, or is given up.
    """
    with ThreadPoolExecutor(1) as pool:
        begun = [pool.submit(write_map, baked.rgba[..., :3], baked.name, generation) for baked in maps]
        try:
            while wait(begun, _PATIENCE).not_done:
                yield
            return tuple(each.result() for each in begun)
        except BaseException:
            _take_back(begun)
            raise


def _take_back(begun: Sequence[Future[Path]]) -> None:
    for each in begun:
        if not each.cancel() and each.exception() is None:
            each.result().unlink(missing_ok=True)


def write_map(pixels: NDArray[np.uint8], thing: str, generation: Generation) -> Path:
    """A PNG of a telling name, which nothing else has, in the store's folder of textures. It says in its XMP that it
    was made from pictures by the model."""
    from PIL import Image

    from ....imaging.formats import xmp

    title = title_of(generation, thing)
    slug = re.sub(r"[\W_]+", "-", title.lower()).strip("-")[:60] or "texture"
    folder = folders.home() / TEXTURES_FOLDER
    path = next(p for n in range(1, 100_000) if not (p := folder / f"{slug}-{n}.png").exists())
    request = generation.request
    origin = xmp.Origin.PREVIEW if generation.offline_preview else xmp.Origin.COMPOSITE
    said = xmp.packet(origin, prompt=request.prompt, model=request.model, source=generation.id)
    xmp.write_derived(Image.fromarray(np.ascontiguousarray(pixels)), path, said)
    return path
