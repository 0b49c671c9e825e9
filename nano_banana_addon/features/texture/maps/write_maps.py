# SPDX-License-Identifier: GPL-3.0-or-later
"""Maps written to files. A PNG of 8192 x 8192 takes ten seconds: in a thread, while Blender stays usable."""

from __future__ import annotations

import re
from collections.abc import Generator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from pathlib import Path

import numpy as np

from ....blender.bake.bake import BakedMap
from ....blender.deliver.datablocks import ownership_tags
from ....blender.host import folders
from ....core.result import Generation
from ....core.text.details import shorten
from ....imaging.arrays import Pixels

TEXTURES_FOLDER = "textures"
_PROMPT_LENGTH = 32  # characters of it in a texture's name
#: Seconds for which it blocks Blender while it waits; then Blender may redraw.
_WAIT_SECONDS = 0.03


def title_of(generation: Generation, object_name: str) -> str:
    """The title of a texture: the beginning of its prompt, and the object's name."""
    short = shorten(ownership_tags.clean_text(generation.request.prompt), _PROMPT_LENGTH)
    return f"{'Offline preview: ' if generation.offline_preview else ''}{short} {object_name}"


def write_maps_steps(maps: Sequence[BakedMap], generation: Generation) -> Generator[None, None, tuple[Path, ...]]:
    """Write the maps (h, w, 4) uint8 into the store's folder, yielding meanwhile; the files, in the maps' order.

    Raises `NanoBananaError` of kind DISK. No files are left when it fails or is cancelled.
    """
    with ThreadPoolExecutor(1) as pool:
        futures = [pool.submit(write_map, baked.rgba[..., :3], baked.name, generation) for baked in maps]
        try:
            while wait(futures, _WAIT_SECONDS).not_done:
                yield
            return tuple(future.result() for future in futures)
        except BaseException:
            _discard_files(futures)
            raise


def _discard_files(futures: Sequence[Future[Path]]) -> None:
    for future in futures:
        if not future.cancel() and future.exception() is None:
            future.result().unlink(missing_ok=True)


def write_map(pixels: Pixels, object_name: str, generation: Generation) -> Path:
    """Write a map (h, w, 4) uint8 as a PNG with a unique descriptive name into the store's folder of textures.

    Its XMP states that it was made from images by the model.
    """
    from PIL import Image

    from ....imaging.formats import xmp

    title = title_of(generation, object_name)
    slug = re.sub(r"[\W_]+", "-", title.lower()).strip("-")[:60] or "texture"
    folder = folders.home() / TEXTURES_FOLDER
    path = next(p for n in range(1, 100_000) if not (p := folder / f"{slug}-{n}.png").exists())
    request = generation.request
    origin = xmp.Origin.PREVIEW if generation.offline_preview else xmp.Origin.COMPOSITE
    metadata = xmp.packet(origin, prompt=request.prompt, model=request.model, source=generation.id)
    xmp.write_derived(Image.fromarray(np.ascontiguousarray(pixels)), path, metadata)
    return path
