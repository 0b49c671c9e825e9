# SPDX-License-Identifier: GPL-3.0-or-later
"""Maps written to files. A PNG of 8192 x 8192 takes ten seconds: in a thread, while Blender stays usable."""

from __future__ import annotations

import re
from collections.abc import Generator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import suppress
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ....blender.bake.bake import BakedMap
from ....blender.bake.mesh import FIRST_TILE
from ....blender.deliver.datablocks import ownership_tags
from ....blender.host import folders
from ....blender.host.progress_steps import WAIT_SECONDS
from ....core.material.values import Map
from ....core.request import GenerationRequest
from ....core.result import Generation
from ....core.text.details import find_first_paragraph, shorten
from ....core.texture import require_texture_context
from ....imaging.arrays import Pixels

TEXTURES_FOLDER = "textures"
_PROMPT_LENGTH = 32  # characters of it in a texture's name


def title_of(generation: Generation, object_name: str) -> str:
    """The title of a texture: the beginning of its prompt, and the object's name."""
    words = find_first_paragraph(generation.request.prompt)
    short = shorten(ownership_tags.clean_text(words), _PROMPT_LENGTH)
    return f"{'Offline preview: ' if generation.offline_preview else ''}{short} {object_name}"


def write_maps_steps(
    objects: Sequence[Mapping[Map, Sequence[BakedMap]]], generation: Generation
) -> Generator[None, None, tuple[dict[Map, tuple[Path, ...]], ...]]:
    """Write the maps of objects into the store's folder, yielding meanwhile; the files, in the objects' order.

    Raises `NanoBananaError` of kind DISK. No files are left when it fails or is cancelled.
    """
    with ThreadPoolExecutor(1) as pool:
        futures = [pool.submit(write_maps, maps, generation) for maps in objects]
        try:
            while wait(futures, WAIT_SECONDS).not_done:
                yield
            return tuple(future.result() for future in futures)
        except BaseException:
            for future in futures:
                if not future.cancel() and future.exception() is None:
                    discard([path for paths in future.result().values() for path in paths])
            raise


def write_maps(maps: Mapping[Map, Sequence[BakedMap]], generation: Generation) -> dict[Map, tuple[Path, ...]]:
    """Write an object's maps as PNGs with a unique descriptive name into the store's folder of textures.

    A grey one has its kind at the end of the name, those of UDIM tiles their number behind it. Raises
    `NanoBananaError` DISK; no file is left then.
    """
    folder = folders.home() / TEXTURES_FOLDER
    coloured = maps[Map.COLOUR]
    stem = _find_free_name(folder, title_of(generation, coloured[0].name))
    is_tiled = is_udim(coloured, generation.request)
    paths = {
        kind: tuple(folder / f"{_name(stem, kind)}{f'.{baked.tile}' if is_tiled else ''}.png" for baked in own)
        for kind, own in maps.items()
    }
    try:
        for kind, own in maps.items():
            for baked, path in zip(own, paths[kind], strict=True):
                _write_map(baked.rgba[..., :3] if baked.texels is None else baked.texels, path, generation)
    except BaseException:
        discard([path for own in paths.values() for path in own])
        raise
    return paths


def _name(stem: str, kind: Map) -> str:
    return stem if kind is Map.COLOUR else f"{stem}_{kind.value}"


def is_udim(maps: Sequence[BakedMap], request: GenerationRequest) -> bool:
    """Whether an object's maps are those of UDIM tiles: by its UVs, or because that was asked for."""
    return require_texture_context(request).udim or any(baked.tile != FIRST_TILE for baked in maps)


def discard(paths: Sequence[Path]) -> None:
    """Remove files that were written in vain."""
    for path in paths:
        with suppress(OSError):  # what failed to be written may have no folder
            path.unlink()


def _find_free_name(folder: Path, title: str) -> str:
    slug = re.sub(r"[\W_]+", "-", title.lower()).strip("-")[:60] or "texture"
    taken = {path.name.partition(".")[0] for path in folder.glob(f"{slug}-*")}
    return next(name for n in range(1, 100_000) if (name := f"{slug}-{n}") not in taken)


def _write_map(texels: Pixels | NDArray[np.uint16], path: Path, generation: Generation) -> None:
    """Write a map (h, w, 3 or 4) or (h, w), uint8 or uint16. Its XMP states that it was made from a model's images."""
    from PIL import Image

    from ....imaging.formats import png, xmp

    request = generation.request
    origin = xmp.Origin.PREVIEW if generation.offline_preview else xmp.Origin.COMPOSITE
    metadata = xmp.packet(origin, prompt=request.prompt, model=request.model, source=generation.id)
    if texels.dtype == np.uint16:
        png.write_deep(texels.astype(np.uint16, copy=False), path, metadata)
    else:
        xmp.write_derived(Image.fromarray(np.ascontiguousarray(texels)), path, metadata)
