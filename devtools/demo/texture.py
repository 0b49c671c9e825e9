# SPDX-License-Identifier: GPL-3.0-or-later
"""`dev.py demo texture`: a sculpture painted from six views through the embedded server, baked, and rendered."""

from __future__ import annotations

import importlib
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from math import radians
from pathlib import Path
from typing import Any

import bpy
import numpy as np
from mathutils import Matrix, Vector
from PIL import Image

from devtools.demo.kintsugi import StandIn, make_surface, shift_picture
from devtools.demo.main import Changed, EndCounter, enable, find_module
from devtools.demo.progress_line import ProgressLine

PROMPT = "Kintsugi: deep teal ceramic glaze with fine veins of gold where it was mended, satin"
TURNS = (-30, 60, 150, 240)
EDGE = 520  # pixels of a turntable's picture


def main(out: Path, *, live: bool) -> int:
    """Run the demo; returns the exit status."""
    line = ProgressLine(5 if live else 6)
    try:
        files = _run_demo(line, out, live=live)
    except find_module("core.errors").NanoBananaError as error:
        sys.stderr.write(f"\n{error.to_sentence()}\n")
        return 1
    sys.stderr.write(f"\nThe demo took {line.elapsed():.0f} s and wrote into {out}:\n")
    sys.stderr.writelines(f"  {file.name}\n" for file in files)
    return 0


def _run_demo(line: ProgressLine, out: Path, *, live: bool) -> list[Path]:
    line.begin("Building the sculpture")
    bpy.ops.wm.read_factory_settings(use_empty=True)
    enable()
    sculpture = _build()
    bpy.ops.wm.save_as_mainfile(filepath=str(out / "textured.blend"))
    line.end()
    painted = _paint(line, sculpture, live=live)
    if painted.report is None:
        raise painted.problem
    files = [_copy_picture(painted.report.textures[0].files[0], out / "texture.png")]
    turns = _render_turntable(line, out)
    line.begin("Contact sheet and textured.blend")
    files.append(_write_contact_sheet(out, painted, turns))
    bpy.ops.wm.save_mainfile()
    line.end()
    return [*files, *turns, out / "textured.blend"]


def _build() -> bpy.types.Object:
    """A monkey of clay, unwrapped, on nothing, in soft light."""
    bpy.ops.mesh.primitive_monkey_add(size=2.0, rotation=(radians(-12), 0, 0))
    sculpture = bpy.context.object
    sculpture.name = "Sculpture"
    sculpture.data.polygons.foreach_set("use_smooth", [True] * len(sculpture.data.polygons))
    sculpture.modifiers.new("Subdivision", "SUBSURF").levels = 3
    sculpture.data.uv_layers.remove(sculpture.data.uv_layers[0])
    find_module("blender.deliver.material.unwrap").unwrap_missing([sculpture])
    clay = bpy.data.materials.new("Clay")
    if clay.node_tree is None:
        clay.use_nodes = True
    shader = next(n for n in clay.node_tree.nodes if n.bl_idname == "ShaderNodeBsdfPrincipled")
    shader.inputs["Roughness"].default_value = 0.32
    sculpture.data.materials.append(clay)
    sculpture.select_set(True)
    return sculpture


def _paint(line: ProgressLine, sculpture: bpy.types.Object, *, live: bool) -> Any:
    """The pipeline as the button runs it; without `live`, against the embedded server with the stand-in painter."""
    painter = StandIn()
    with importlib.import_module("devtools.simulator.server").Simulator(painter, keys=None) as server:
        line.begin("Choosing six views and drawing their guides")
        plan = _plan("" if live else "offline", "" if live else server.base_url)
        line.end()
        if not live:
            line.begin("Letting the stand-in for the model see the views")
            _teach(painter, plan, sculpture, line)
            line.end()
        line.begin("Painting, aligning and baking")
        counter = EndCounter(line, len(plan.order.requests), "pictures")
        done = find_module("features.texture.job").run(plan, counter, again=True)
    drifts = done.report.drifts if done.report else ()
    line.end(f"aligned: {_mean(d.before for d in drifts):.1f} -> {_mean(d.after for d in drifts):.1f} px")
    return done


def _mean(values: Iterator[float]) -> float:
    figures = list(values)
    return sum(figures) / max(len(figures), 1)


def _plan(provider: str, base_url: str) -> Any:
    texturing = find_module("core.texture")
    scene_settings = find_module("features.generation.scene_settings")
    settings = scene_settings.settings_of(bpy.context.scene).replace_choices(
        {"prompt": PROMPT, "provider": provider, "image_size": "1K"}
    )
    chosen = texturing.TextureSettings().replace_choices(
        {"views": "RING_TOP_BOTTOM", "count": 6, "texture_size": 2048, "elevation": 12.0, "guides": ("CLAY", "DEPTH")}
    )
    return find_module("features.texture.plan").prepare(bpy.context, settings, chosen, base_url=base_url)


def _teach(painter: StandIn, plan: Any, sculpture: bpy.types.Object, line: ProgressLine) -> None:
    own = sculpture.data.materials[0]
    sculpture.data.materials[0] = make_surface()
    try:
        for number, request in enumerate(plan.order.requests):
            line.show(number / len(plan.order.requests), request.shot)
            (shown,) = request.texture.shown
            picture = _render_view(shown.view, shown.size)
            painter.learn(Path(request.references[-1].path), shift_picture(picture, number))
    finally:
        bpy.data.materials.remove(sculpture.data.materials[0])
        sculpture.data.materials[0] = own


def _render_view(view: Any, size: tuple[int, int]) -> np.ndarray:
    """What a view shows, rendered by Cycles, in display values."""
    camera = find_module("features.texture.views.view_cameras").create_camera(view, size)
    target = Path(bpy.app.tempdir) / "seen.png"
    try:
        with _prepare_render(camera, size, samples=4):
            _render(target)
        with Image.open(target) as picture:
            return np.asarray(picture.convert("RGB"))
    finally:
        data = camera.data
        bpy.data.objects.remove(camera)
        bpy.data.cameras.remove(data)


@contextmanager
def _prepare_render(camera: bpy.types.Object, size: tuple[int, int], *, samples: int) -> Iterator[None]:
    scene = bpy.context.scene
    scene.collection.objects.link(camera)
    scene.render.engine, scene.cycles.device = "CYCLES", "CPU"
    scene.view_settings.view_transform = "Standard"
    with (
        Changed(scene, camera=camera),
        Changed(scene.render, resolution_x=size[0], resolution_y=size[1], resolution_percentage=100),
        Changed(scene.cycles, samples=samples, use_denoising=samples > 4),
    ):
        yield
    scene.collection.objects.unlink(camera)


def _render(target: Path) -> None:
    with Changed(bpy.context.scene.render, filepath=str(target)):
        bpy.ops.render.render(write_still=True)


def _render_turntable(line: ProgressLine, out: Path) -> list[Path]:
    line.begin("Rendering the turntable")
    _place_lights()
    paths = []
    for number, turn in enumerate(TURNS):
        line.show(number / len(TURNS), f"{turn} degrees")
        camera = _place_camera(turn)
        paths.append(out / f"turntable-{number + 1}.png")
        with _prepare_render(camera, (EDGE, EDGE), samples=24):
            _render(paths[-1])
    line.end()
    return paths


def _place_camera(turn: float) -> bpy.types.Object:
    data = bpy.data.cameras.new("Turntable")
    data.lens = 70
    camera = bpy.data.objects.new("Turntable", data)
    place = Matrix.Rotation(radians(turn), 3, "Z") @ Vector((0, -5.4, 1.25))
    camera.matrix_world = Matrix.Translation(place) @ (-place).to_track_quat("-Z", "Y").to_matrix().to_4x4()
    return camera


def _place_lights() -> None:
    world = bpy.data.worlds.new("World")
    if world.node_tree is None:
        world.use_nodes = True
    for node in world.node_tree.nodes:
        if node.bl_idname == "ShaderNodeBackground":
            node.inputs["Color"].default_value = (0.55, 0.58, 0.62, 1.0)
            node.inputs["Strength"].default_value = 0.75
    bpy.context.scene.world = world
    for at in ((-4, -4, 5), (4, 3, 4), (3, -5, 1)):
        data = bpy.data.lights.new("Soft", "AREA")
        data.energy, data.size = 260.0, 3.0
        light = bpy.data.objects.new("Soft", data)
        light.matrix_world = Matrix.Translation(at) @ (-Vector(at)).to_track_quat("-Z", "Y").to_matrix().to_4x4()
        bpy.context.scene.collection.objects.link(light)


def _copy_picture(source: str, target: Path) -> Path:
    if Path(source).resolve() != target.resolve():
        shutil.copyfile(source, target)
    return target


def _write_contact_sheet(out: Path, painted: Any, turns: list[Path]) -> Path:
    sheets = find_module("imaging.sheets.contact_sheet")
    tiles = [sheets.Tile(picture(), caption, detail) for caption, picture, detail in _list_tiles(out, painted)]
    tiles += [
        sheets.Tile(path, f"Turntable {turn:+d} degrees", "rendered with the textured material")
        for path, turn in zip(turns, TURNS, strict=True)
    ]
    title = "Nano Banana: guides, painted views, what each view gave, texture, turntable"
    sheet = sheets.contact_sheet(tiles, columns=4, edge=EDGE, title=title)
    target = out / "contact-sheet.png"
    sheet.save(target)
    return target


def _list_tiles(out: Path, painted: Any) -> Iterator[tuple[str, Callable[[], Any], str]]:
    drifts = {drift.generation: drift for drift in painted.report.drifts}
    first, *_ = painted.generations
    yield "Guide: clay", lambda: Path(first.request.references[-1].path), "the structure, sent last"
    depth = next(r for r in first.request.references if r.role == "GUIDE")
    yield "Guide: depth", lambda: Path(depth.path), depth.label
    for generation in painted.generations:
        words = drifts[generation.id].describe() if generation.id in drifts else str(generation.state)
        yield generation.request.shot, lambda generation=generation: Path(generation.answer.result.path), words
    for name, words in (
        ("Views", "a colour for each view's share"),
        ("Coverage", "magenta: no view saw it"),
    ):
        yield name, lambda name=name: _read_check_image(name), words
    yield "Seams", lambda: _read_check_image("Seams"), "green: no jump, red: a jump"
    covered = painted.report.textures[0].coverage
    yield (
        "Texture",
        lambda: out / "texture.png",
        f"{covered:.0%} painted by views, the rest filled along the surface",
    )


def _read_check_image(name: str) -> Image.Image:
    """A picture for judging, as it lies in the file."""
    image = next(i for i in bpy.data.images if i.get("nano_banana_check") == name)
    values = np.empty(image.size[0] * image.size[1] * 4, np.float32)
    image.pixels.foreach_get(values)
    pixels = np.round(values.reshape(image.size[1], image.size[0], 4)[::-1, :, :3] * 255).astype(np.uint8)
    return Image.fromarray(pixels).resize((EDGE, EDGE), Image.Resampling.NEAREST)
