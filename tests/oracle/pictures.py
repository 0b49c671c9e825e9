# SPDX-License-Identifier: GPL-3.0-or-later
"""The manual's images of measurements, which show no interface: `dev.py pictures` calls this in real Blender."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import bpy
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from nano_banana_addon.blender.bake.bake import BakeSettings, bake_geometry
from nano_banana_addon.blender.host.progress_steps import run_all
from nano_banana_addon.features.texture.maps.align import AlignedView, Drift
from nano_banana_addon.features.texture.maps.light import remove_light_steps
from nano_banana_addon.imaging.formats import raw
from tests.oracle import animation, lamps, measure, painter

Pixels = NDArray[np.uint8]
KEYFRAMES, FRAMES = "1, 24, 48", (6, 18, 30, 36, 42, 48)
SIZE = 512


def main(arguments: Sequence[str]) -> int:
    """Write one kind of image, "keyframes" or "light", as PNG into a folder."""
    kind, folder = arguments[0], Path(arguments[1])
    folder.mkdir(parents=True, exist_ok=True)
    if kind == "keyframes":
        _save(folder / "keyframes.png", show_keyframes(folder))
    else:
        _save(folder / "remove-light.png", [_crop(show_light())])
    return 0


def show_keyframes(folder: Path) -> list[list[Pixels]]:
    """Three guides; below them what came back; below that, six frames with the textures that were made of it."""
    made = animation.build()
    planned = animation.plan(made, KEYFRAMES)
    guides = [_shrink(raw.read_raw(Path(request.references[-1].path))) for request in planned.order.requests]
    generations = animation.paint(planned, folder)
    returned = [_shrink(_read(generation.picture.path)) for generation in generations if generation.picture]
    baked = animation.bake(generations)
    animation.show(made, {obj.name: each.rgba[..., :3] for obj, each in animation.zip_maps(baked)})
    frames = [animation.render_display(frame, folder) for frame in FRAMES]
    return [guides, returned, frames[:3], frames[3:]]


def show_light() -> list[Pixels]:
    """A view under a hard lamp, and the texture of six such views: as it was baked, and with the light removed."""
    trial = measure.paint("suzanne", pixels=SIZE, view_count=6)
    pictures = lamps.paint(trial.objects, trial.views, trial.canvas, lamps.RIGS["hard key"])
    return [pictures[0], *(_show_texture(trial, pictures, strength) for strength in (0.0, 1.0))]


def _show_texture(trial: measure.Trial, pictures: Sequence[Pixels], strength: float) -> Pixels:
    views = [
        AlignedView(painted, Drift(number, painted.name, "", 0.0, 0.0, 1.0))
        for number, painted in enumerate(trial.painted(pictures))
    ]
    unlit, _ = run_all(remove_light_steps(trial.geometry, views, strength))
    result = bake_geometry(trial.geometry, [view.painted_view for view in unlit], BakeSettings(size=(SIZE, SIZE)))
    shown = animation.Animation(trial.objects)
    animation.show(
        shown, {obj.name: baked.rgba[..., :3] for obj, baked in zip(trial.objects, result.maps, strict=True)}
    )
    bpy.context.view_layer.update()
    return painter.render_now(trial.views[0], trial.canvas)


def _read(path: str) -> Pixels:
    with Image.open(path) as opened:
        return np.asarray(opened.convert("RGB"))


def _shrink(pixels: Pixels) -> Pixels:
    image = Image.fromarray(np.ascontiguousarray(pixels[..., :3]))
    return np.asarray(image.resize(animation.FRAME, Image.Resampling.LANCZOS))


def _crop(images: Sequence[Pixels], margin: int = 24) -> list[Pixels]:
    """The same part of each: what is not black in one of them, and so much around it."""
    shown = np.max([image.max(axis=2) for image in images], axis=0) > 8
    rows, columns = (np.flatnonzero(shown.any(axis=axis)) for axis in (1, 0))
    top, left = (max(each[0] - margin, 0) for each in (rows, columns))
    return [image[top : rows[-1] + margin, left : columns[-1] + margin] for image in images]


def _save(path: Path, rows: Sequence[Sequence[Pixels]]) -> None:
    Image.fromarray(np.vstack([np.hstack(list(row)) for row in rows])).save(path)
