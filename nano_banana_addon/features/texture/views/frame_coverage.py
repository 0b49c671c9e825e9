# SPDX-License-Identifier: GPL-3.0-or-later
"""What keyframes see of all frames of the animation, and which frame would add most: measured before paying."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass

import bpy
import numpy as np

from ....blender.bake.visibility import find_seen
from ....blender.capture import lens
from ....blender.capture.scene_copy import EvaluatedScene, evaluate_frame
from ....blender.guides.draw import draw_map_places
from ....blender.host.progress_steps import ProgressStep
from ....core.errors import InputError
from ....core.scene.capture import View
from ....core.settings import Settings
from ....core.storyboard.keyframes import FrameCoverage, parse_keyframes
from ....core.texture import TextureSettings
from ....imaging.arrays import Indices, Mask
from ..objects.choice import choose_objects
from . import keyframes

#: Frames that are looked at, beside the keyframes; they are also those that are offered.
_FRAMES = 32
#: The maps' edges in texels, and the frames' longer edge in pixels.
_MAP_EDGE, _FRAME_EDGE = 256, 320
#: A frame that adds less is not worth its price.
_MIN_GAIN = 0.01


@dataclass(frozen=True, slots=True, eq=False)
class _Frame:
    """Of the texels of all maps, one after another: those that a view from this frame would give a colour, those that
    lie on the surface, and the texel that each pixel of the frame shows."""

    seen: Mask
    surface: Mask
    shown: Indices

    def extend(self, length: int) -> _Frame:
        """With the texels of maps that were first shown later."""
        seen, surface = (np.pad(mask, (0, length - len(mask))) for mask in (self.seen, self.surface))
        return _Frame(seen, surface, self.shown)


def measure_steps(
    context: bpy.types.Context, settings: Settings, texture: TextureSettings, names: Sequence[str] = ()
) -> Generator[ProgressStep, None, FrameCoverage]:
    """In steps of a frame each, the coverage of the frame range.

    Raises `InputError` for keyframes that are none, and when no frame shows the objects.
    """
    scene = context.scene
    chosen = parse_keyframes(texture.keyframes, scene.frame_start, scene.frame_end)
    names = [obj.name for obj in choose_objects(context, names).objects]
    spread = np.linspace(scene.frame_start, scene.frame_end, _FRAMES).round().astype(int).tolist()
    numbers = sorted({*chosen, *spread})
    frames: dict[int, _Frame] = {}
    rows: dict[tuple[str, int], int] = {}
    for number in numbers:
        yield len(frames) / len(numbers), f"Looking at frame {number}"
        objects = choose_objects(context, names).objects  # looked up again: nothing of Blender is kept between steps
        with evaluate_frame(scene, number) as evaluated:
            frames[number] = _look(evaluated, objects, settings, texture, rows)
    length = len(rows) * _MAP_EDGE**2
    return _summarise(chosen, {number: frame.extend(length) for number, frame in frames.items()})


def _look(
    evaluated: EvaluatedScene,
    objects: Sequence[bpy.types.Object],
    settings: Settings,
    texture: TextureSettings,
    known_rows: dict[tuple[str, int], int],
) -> _Frame:
    """`known_rows` gives the row of each map, by object and UDIM tile, and gets those that are new."""
    planned = keyframes.plan_frame_camera(evaluated, settings)
    visible = keyframes.find_visible(evaluated, objects)
    if not visible:
        return _Frame(np.zeros(0, bool), np.zeros(0, bool), np.zeros(0, np.intp))
    geometry = keyframes.read_pose(evaluated, visible, texture.used_uv_map).geometry
    rows = np.array([known_rows.setdefault((s.name, s.tile), len(known_rows)) for s in geometry.targets])
    size = _MAP_EDGE**2
    seen, surface = (np.zeros((len(known_rows), size), bool) for _ in range(2))
    seen[rows], surface[rows] = find_seen(geometry, planned.view, _MAP_EDGE, both_sides=texture.both_sides)
    view, canvas = _freeze_frame(evaluated)
    places = draw_map_places(geometry, view, canvas)
    u, v, target, _ = places[places[..., 3] > 0].T
    columns, lines = ((np.clip(part, 0, 1 - 1e-6) * _MAP_EDGE).astype(np.intp) for part in (u, 1 - v))
    shown = rows[target.astype(np.intp)] * size + lines * _MAP_EDGE + columns
    return _Frame(seen.reshape(-1), surface.reshape(-1), shown)


def _freeze_frame(evaluated: EvaluatedScene) -> tuple[View, tuple[int, int]]:
    """The frame as it will be rendered, without what a model's canvas shows beside it, and its size here."""
    scene, camera = evaluated.scene, evaluated.scene.camera
    frame = lens.camera_frame(scene.render)
    scale = _FRAME_EDGE / max(frame)
    projection = lens.camera_projection(camera, evaluated.depsgraph, scene.render)
    view = lens.build_view(lens.camera_world(camera, evaluated.depsgraph), projection, camera.name, scene.frame_current)
    return view, (max(8, round(frame[0] * scale)), max(8, round(frame[1] * scale)))


def _summarise(chosen: tuple[int, ...], frames: dict[int, _Frame]) -> FrameCoverage:
    """Texels at the borders of islands, whose middle is not on the surface, are not counted."""
    surface = np.any([frame.surface for frame in frames.values()], axis=0)
    shown = {number: frame.shown[surface[frame.shown]] for number, frame in frames.items() if len(frame.shown)}
    shown = {number: texels for number, texels in shown.items() if len(texels)}
    if not shown:
        raise InputError(
            "No frame of the animation shows the objects.", next_step="Select objects that the scene's camera sees."
        )
    seen = np.any([frames[number].seen for number in chosen], axis=0)
    shares = {number: float(seen[texels].mean()) for number, texels in shown.items()}
    pixels = np.bincount(np.concatenate(list(shown.values())), minlength=len(surface))
    total, missing = float(pixels.sum()), np.where(seen, 0, pixels)
    gains = {number: float(missing[frame.seen].sum()) / total for number, frame in frames.items()}
    share, best = 1.0 - float(missing.sum()) / total, max(gains, key=gains.__getitem__)
    worst = min(shares, key=shares.__getitem__)
    coverage = FrameCoverage(chosen, len(shown), share, (worst, shares[worst]))
    return coverage._replace(best=(best, share + gains[best])) if gains[best] >= _MIN_GAIN else coverage
