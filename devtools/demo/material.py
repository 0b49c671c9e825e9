# SPDX-License-Identifier: GPL-3.0-or-later
"""`dev.py demo material`: surfaces that do not tile become materials: the image, 2 x 2 tiles, the maps, a lit sphere.

A row for each surface; the spheres are rendered by Cycles with the node group that the add-on made.
"""

from __future__ import annotations

import math
import sys
from pathlib import Path
from typing import Any

import bpy
import numpy as np
from PIL import Image

from devtools.demo.main import enable, find_module
from devtools.demo.progress_line import ProgressLine

_SIDE = 1024
#: What is drawn, its choices, and how many metres it is wide.
_ROWS: tuple[tuple[str, dict[str, Any], float], ...] = (
    ("bricks", {}, 1.2),
    ("rock", {"relief": 0.08}, 2.0),
    ("planks", {"roughness": 0.45}, 1.0),
    ("pebbles", {"roughness": 0.35}, 0.6),
)
_MAPS = ("diff", "disp", "nor_gl", "rough", "ao")


def main(out: Path, *, live: bool) -> int:
    """Run the demo; returns the exit status. Nothing is paid, `live` or not: all of it is computed here."""
    del live
    line, tiles = ProgressLine(len(_ROWS)), []
    bpy.ops.wm.read_factory_settings(use_empty=True)
    enable()
    _build_scene()
    for kind, choices, size in _ROWS:
        line.begin(kind.title())
        source = out / f"{kind}.png"
        draw_surface(kind, _SIDE).save(source)
        tiles += _make_row(source, choices | {"size_m": size}, out)
        line.end()
    bpy.ops.wm.save_as_mainfile(filepath=str(out / "materials.blend"))
    sheets, xmp = find_module("imaging.sheets.contact_sheet"), find_module("imaging.formats.xmp")
    sheet = sheets.contact_sheet(tiles, columns=len(_MAPS) + 3, edge=320, title="Nano Banana: materials of one image")
    target = out / "material-sheet.png"
    xmp.write_derived(sheet, target, xmp.packet(xmp.Origin.PREVIEW))
    sys.stderr.write(f"\nThe demo took {line.elapsed():.0f} s and wrote {target}\n")
    return 0


def _make_row(source: Path, choices: dict[str, Any], out: Path) -> list[Any]:
    from_image, settings = find_module("features.material.from_image"), find_module("core.material_settings")
    tile = find_module("imaging.sheets.contact_sheet").Tile
    draft = from_image.read(bpy.context, source, settings.MaterialSettings(**choices))
    maps, _report = from_image.run(bpy.context, draft)
    with Image.open(maps.files["diff"]) as opened:
        colour = opened.convert("RGB")
    both = Image.new("RGB", (colour.width * 2, colour.height * 2))
    for x in range(2):
        for y in range(2):
            both.paste(colour, (x * colour.width, y * colour.height))
    rendered = out / f"{source.stem}-sphere.png"
    bpy.context.scene.render.filepath = str(rendered)
    bpy.ops.render.render(write_still=True)
    words, size = settings.describe(maps.report), settings.describe_size(maps, choices["size_m"])
    return [
        tile(source, source.stem.title(), "as it came"),
        tile(both, "2 x 2 tiles", words[0].partition(". ")[0]),  # its figures have no room
        *(tile(Path(maps.files[name]), name, words[1] if name == "diff" else "") for name in _MAPS),
        tile(rendered, "Rendered", size.replace("×", "x")),
    ]


def _build_scene() -> None:
    scene = bpy.context.scene
    bpy.ops.mesh.primitive_uv_sphere_add(segments=96, ring_count=48, radius=0.5)
    bpy.ops.object.shade_smooth()
    for corner in bpy.context.object.data.uv_layers[0].uv:
        corner.vector.x *= 2  # as wide as high on the surface
    camera = bpy.data.objects.new("Camera", bpy.data.cameras.new("Camera"))
    camera.location, camera.rotation_euler, camera.data.lens = (0, -3.2, 0), (math.pi / 2, 0, 0), 90
    sun = bpy.data.objects.new("Sun", bpy.data.lights.new("Sun", "SUN"))
    sun.rotation_euler, sun.data.energy, sun.data.angle = (0.9, 0.1, -0.7), 3.5, 0.1
    for obj in (camera, sun):
        scene.collection.objects.link(obj)
    scene.camera, scene.world = camera, bpy.data.worlds.new("World")
    scene.render.engine, scene.cycles.samples, scene.cycles.use_denoising = "CYCLES", 48, False
    scene.render.resolution_x = scene.render.resolution_y = 512
    scene.view_settings.view_transform = "Standard"


def draw_surface(kind: str, side: int) -> Image.Image:
    """A surface that does not tile: with uneven light and edges that do not meet."""
    random = np.random.default_rng(sum(map(ord, kind)))
    y, x = np.mgrid[0:side, 0:side] / side
    height, colour = _SURFACES[kind](x, y, random)
    grain = _make_noise(random, side, side) * 0.07 + _make_noise(random, side, side // 4) * 0.12
    light = 1.0 + 0.28 * (x - 0.5) - 0.22 * (y - 0.4)
    shaded = colour * ((0.55 + 0.5 * height + grain) * light)[..., None]
    return Image.fromarray(np.clip(shaded * 255, 0, 255).astype(np.uint8))


def _make_noise(random: Any, side: int, cells: int) -> Any:
    """Noise (side, side) of about so many cells across, around 0."""
    small = random.normal(0, 0.5, (cells + 1, cells + 1)).astype(np.float32)
    return np.asarray(Image.fromarray(small).resize((side, side), Image.Resampling.BICUBIC))


def _draw_bricks(x: Any, y: Any, random: Any) -> Any:
    rows, columns = 11.6, 5.37
    row = np.floor(y * rows).astype(int)
    along = x * columns + (row % 2) * 0.5
    column = np.floor(along).astype(int)
    across, down = along - column, y * rows - row
    edge = np.minimum(np.minimum(across, 1 - across) * 2.1, np.minimum(down, 1 - down))
    inside = np.clip(edge * 14 - 0.7, 0, 1)
    tone = random.normal(1, 0.12, (40, 40))[row % 40, column % 40]
    brick = np.array((0.62, 0.27, 0.2)) * tone[..., None]
    return inside, brick * inside[..., None] + np.array((0.62, 0.58, 0.52)) * (1 - inside[..., None])


def _draw_rock(x: Any, _y: Any, random: Any) -> Any:
    side = x.shape[0]
    height = sum(_make_noise(random, side, 2**n) / 1.7**n for n in range(2, 8)) * 0.9 + 0.5
    warm = _make_noise(random, side, 5)[..., None] * 0.08
    return np.clip(height, 0, 1), np.array((0.55, 0.5, 0.45)) + warm * np.array((1, 0.4, -0.6))


def _draw_planks(x: Any, y: Any, random: Any) -> Any:
    side, count = x.shape[0], 6.3
    plank = np.floor(x * count).astype(int)
    across = x * count - plank
    inside = np.clip(np.minimum(across, 1 - across) * 30, 0, 1)
    bent = x * 90 + _make_noise(random, side, 4) * 3 + random.normal(0, 20, 9)[plank]
    grain = np.sin(bent + np.sin(y * 5 + random.normal(0, 9, 9)[plank]) * 1.5) * 0.5 + 0.5
    tone = random.normal(1, 0.13, 9)[plank]
    return inside * (0.6 + 0.4 * grain), np.array((0.6, 0.4, 0.24)) * tone[..., None]


def _draw_pebbles(x: Any, y: Any, random: Any) -> Any:
    places, sizes = random.random((260, 2)) * 1.2 - 0.1, random.uniform(0.02, 0.07, 260)
    height, tone = np.full(x.shape, 0.05), np.full(x.shape, 0.75)
    for (px, py), radius, shade in zip(places, sizes, random.uniform(0.6, 1.3, 260), strict=True):
        dome = 1 - ((x - px) ** 2 + (y - py) ** 2) / radius**2
        over = np.sqrt(np.maximum(dome, 0)) * (0.5 + radius * 8)
        higher = (over > height) & (dome > 0)
        height, tone = np.where(higher, over, height), np.where(higher, shade, tone)
    return np.clip(height, 0, 1), np.array((0.52, 0.5, 0.48)) * tone[..., None]


_SURFACES = {"bricks": _draw_bricks, "rock": _draw_rock, "planks": _draw_planks, "pebbles": _draw_pebbles}
