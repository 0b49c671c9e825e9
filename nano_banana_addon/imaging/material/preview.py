# SPDX-License-Identifier: GPL-3.0-or-later
"""The preview of a material: a sphere with its maps under a lamp and a sky, drawn without Blender."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image

from ...core.files import write_private
from ...core.material.values import Map, MaterialSet
from ..arrays import Pixels, Reals
from ..srgb import to_linear, to_srgb

_SIDE, _SAMPLES = 256, 2  # pixels, and their parts along each side
_TEXELS = 512  # of a map's longer side; a sphere shows one tile from pole to pole
_LAMP, _LAMP_COLOUR = (-0.5, 0.62, 0.6), 2.6
_SKY, _GROUND = (0.62, 0.68, 0.78), (0.24, 0.21, 0.18)


def write_preview(maps: MaterialSet, key: str) -> MaterialSet:
    """Draw the sphere beside the maps, as a file of the set under `key`. Raises `NanoBananaError` DISK."""
    colour = maps.files[Map.COLOUR]
    path = Path(colour).with_name(f"{maps.name}_{key}.png")
    sphere = Image.fromarray(draw_sphere(maps))
    write_private(path, lambda file: sphere.save(file, "PNG"))
    return replace(maps, files={**maps.files, key: str(path)})


def draw_sphere(maps: MaterialSet) -> Pixels:
    """A lit sphere (256, 256, 4), uint8, display values, transparent around it."""
    side = _SIDE * _SAMPLES
    x, y = np.meshgrid(np.linspace(-1.04, 1.04, side), np.linspace(1.04, -1.04, side))
    radius = np.hypot(x, y)
    inside = radius <= 1
    place = np.stack([x, y, np.sqrt(np.maximum(1 - radius**2, 0))], axis=-1)[inside].astype(np.float32)
    shaded = np.zeros((side, side, 4), np.float32)
    shaded[inside, :3] = _shade(maps, place)
    shaded[inside, 3] = 1
    small = shaded.reshape(_SIDE, _SAMPLES, _SIDE, _SAMPLES, 4).mean(axis=(1, 3))
    small[..., :3] = to_srgb(np.clip(small[..., :3] / np.maximum(small[..., 3:], 1e-6), 0, 1))
    return (small * 255 + 0.5).astype(np.uint8)


def _shade(maps: MaterialSet, place: Reals) -> Reals:
    """Linear light of points (n, 3) of the unit sphere, seen along z: diffuse and GGX under a lamp and a sky."""
    across, up = np.arctan2(place[:, 0], place[:, 2]) / np.pi, np.arcsin(np.clip(place[:, 1], -1, 1)) / np.pi
    colour = to_linear(_sample(maps, Map.COLOUR, across, up, 0.5))
    rough, metal = (_sample(maps, m, across, up, d)[:, :1] for m, d in ((Map.ROUGHNESS, 0.6), (Map.METALLIC, 0.0)))
    normal = _bend(place, _sample(maps, Map.NORMAL, across, up, 0.5) * 2 - 1)
    lamp = np.array(_LAMP, np.float32) / np.linalg.norm(_LAMP)
    view = np.array((0, 0, 1), np.float32)
    half = (lamp + view) / np.linalg.norm(lamp + view)
    facing, seen, shining = (np.maximum(normal @ v, 0)[:, None] for v in (lamp, view, half))
    spread = np.maximum(rough, 0.08) ** 4
    peak = spread / (np.pi * (shining**2 * (spread - 1) + 1) ** 2)
    f0 = 0.04 * (1 - metal) + colour * metal
    fresnel = f0 + (1 - f0) * (1 - seen) ** 5
    height = normal[:, 1:2] / 2 + 0.5
    sky = np.array(_SKY) * height + np.array(_GROUND) * (1 - height)
    diffuse = colour * (1 - metal) * (facing * _LAMP_COLOUR / np.pi + sky * 0.6)
    shine = f0 * peak * facing * _LAMP_COLOUR / 4 + fresnel * sky * (1 - rough * 0.8)
    return (diffuse + shine).astype(np.float32)


def _bend(place: Reals, bump: Reals) -> Reals:
    """The normals (n, 3) of a sphere, bent by a normal map's vectors (n, 3)."""
    x, y, z = place.T
    radius = np.maximum(np.hypot(x, z), 1e-6)
    right = np.stack([z, np.zeros_like(x), -x], axis=-1) / radius[:, None]
    up = np.stack([-x * y, radius**2, -y * z], axis=-1) / radius[:, None]
    bent = right * bump[:, :1] + up * bump[:, 1:2] + place * np.maximum(bump[:, 2:3], 0.05)
    return bent / np.maximum(np.linalg.norm(bent, axis=1, keepdims=True), 1e-6)


def _sample(maps: MaterialSet, name: Map, across: Reals, up: Reals, default: float) -> Reals:
    """A map's values (n, 3), 0 ... 1, at places from the middle: one image from pole to pole; as stored."""
    path = maps.files.get(name)
    if path is None:
        flat = (0.5, 0.5, 1.0) if name is Map.NORMAL else (default,) * 3
        return np.broadcast_to(np.array(flat, np.float32), (len(across), 3))
    with Image.open(path) as image:
        small = image.convert("RGB")
        small.thumbnail((_TEXELS, _TEXELS))
        texels = np.asarray(small, np.float32) / 255
    rows = ((0.5 - up) * texels.shape[0]).astype(int) % texels.shape[0]
    columns = ((0.5 + across) * texels.shape[1]).astype(int) % texels.shape[1]
    return texels[rows, columns]
