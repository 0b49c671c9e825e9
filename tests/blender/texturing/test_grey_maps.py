# SPDX-License-Identifier: GPL-3.0-or-later
"""Roughness and metallic from sheets of grey maps: true, in the place of the colours, and never lost or paid twice."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import bpy
import numpy as np
import pytest
from PIL import Image

from devtools.simulator.server import Simulator
from nano_banana_addon.blender.bake import bake
from nano_banana_addon.blender.bake.bake import BakeSettings
from nano_banana_addon.blender.bake.batches import surface_batch
from nano_banana_addon.blender.bake.mesh import read_geometry
from nano_banana_addon.blender.bake.project import draw_positions
from nano_banana_addon.blender.deliver.datablocks import versions
from nano_banana_addon.blender.deliver.material import material
from nano_banana_addon.blender.host import folders
from nano_banana_addon.core import models
from nano_banana_addon.core.constants import State
from nano_banana_addon.core.errors import ErrorKind, NanoBananaError
from nano_banana_addon.core.request import GenerationRequest
from nano_banana_addon.features import payment
from nano_banana_addon.features.generation import scene_settings
from nano_banana_addon.features.texture import add_view, job, rebake
from nano_banana_addon.features.texture.maps import texture_info, write_maps
from nano_banana_addon.features.texture.plan import TexturePlan, prepare
from nano_banana_addon.features.texture.views import grey_sheets
from nano_banana_addon.imaging.formats import xmp
from nano_banana_addon.imaging.registration.alignment import align
from nano_banana_addon.imaging.sheets.sheet_layout import GROUND
from nano_banana_addon.session import session
from tests.oracle import detail
from tests.oracle.painter import Disturbance, disturb_known
from tests.support.tiles import spread_over_tiles

from ..flow.conftest import turned  # noqa: F401 - a fixture
from .conftest import TruthPainter, choose_texture_settings
from .test_restart import is_offered, quit_after, start_texture
from .test_restart import read as read_records
from .test_single import posts, quiet

Promised = Callable[..., TexturePlan]
Floats = np.ndarray


def rough_at(places: Floats) -> Floats:
    """The roughness (...) of the sculpture's parts at places (..., 3) in its own space."""
    return np.select([places[..., 0] < -0.35, places[..., 2] > 0.35], [0.15, 0.8], 0.5)


def metal_at(places: Floats) -> Floats:
    """The metallic of its parts."""
    return np.where(places[..., 2] + 0.5 * places[..., 0] > 0.1, 1.0, 0.0)


def colour_at(places: Floats) -> Floats:
    """Display values (..., 3): parts as those of the maps, with marks that the maps do not have."""
    marks = 0.12 * np.sin(places @ np.array([9.0, 5.0, -7.0]))
    return np.stack([0.25 + 0.5 * rough_at(places), 0.3 + 0.3 * metal_at(places), 0.45 + marks], axis=-1)


def grey(value: Callable[[Floats], Floats]) -> Callable[[Floats], Floats]:
    return lambda places: np.repeat(value(places)[..., None], 3, axis=-1)


class Oracle:
    """Paints the views and the sheets of a plan as they should be, disturbed if that is wanted."""

    def __init__(self, truthful: TruthPainter, plan: TexturePlan, disturbance: Disturbance | None = None) -> None:
        self.disturbance = disturbance
        views = [request for request in plan.order.requests if request.texture.shown]
        self.sheets = [request for request in plan.order.requests if request.texture.panels]
        tiles = [request.texture.shown[0] for request in views]
        shapes = [bpy.context.active_object]
        before = list(shapes[0].data.materials)
        places = detail.place_views(tuple(tile.view for tile in tiles), tiles[0].size, shapes)
        shapes[0].data.materials.clear()
        for each in before:
            shapes[0].data.materials.append(each)
        self.maps: dict[str, list[np.ndarray]] = {
            "rough": [detail.paint(each, grey(rough_at)) for each in places],
            "metal": [detail.paint(each, grey(metal_at)) for each in places],
        }
        self.inside = [each[1 :: detail.GRAIN, 1 :: detail.GRAIN, 3] > 0.5 for each in places]
        self.colours = [self.disturb(detail.paint(each, colour_at), number) for number, each in enumerate(places)]
        for request, colours in zip(views, self.colours, strict=True):
            truthful.promise(request, colours)
        truthful.draw_sheet = self.draw

    def disturb(self, picture: np.ndarray, seed: int) -> np.ndarray:
        return picture if self.disturbance is None else disturb_known(picture, self.disturbance, seed)[0]

    def draw(self, asked: Any) -> np.ndarray:
        """The grey maps of the sheet that was sent."""
        sent = np.asarray(Image.open(io.BytesIO(asked.images[-1])).convert("RGB"))
        number = min(range(len(self.sheets)), key=lambda n: self.differ(self.sheets[n], sent))
        result = np.full(sent.shape, GROUND, np.uint8)
        for panel in self.sheets[number].texture.panels:
            left, top, right, bottom = (round(s * e) for s, e in zip(panel.box, sent.shape[1::-1] * 2, strict=True))
            picture = Image.fromarray(self.maps[panel.map][panel.index])
            result[top:bottom, left:right] = np.asarray(picture.resize((right - left, bottom - top), Image.BOX))
        return self.disturb(result, 100 + number)

    def differ(self, sheet: GenerationRequest, sent: np.ndarray) -> float:
        """How much the first tile of a sent image differs from the first view of a sheet."""
        panel = sheet.texture.panels[0]
        left, top, right, bottom = (round(s * e) for s, e in zip(panel.box, sent.shape[1::-1] * 2, strict=True))
        view = Image.fromarray(self.colours[panel.index]).resize((right - left, bottom - top), Image.BOX)
        return float(np.abs(np.asarray(view, float) - sent[top:bottom, left:right]).mean())


def true_values(shape: bpy.types.Object, size: int) -> tuple[Floats, Floats]:
    """Roughness and metallic (size, size) of the object's texels; not a number beside it."""
    geometry = read_geometry(bpy.context.evaluated_depsgraph_get(), [shape])
    places = draw_positions(surface_batch(geometry.targets[0]), (size, size))
    inverse = np.array(shape.matrix_world.inverted())
    local = (places[..., :3] + np.array(geometry.origin, np.float32)) @ inverse[:3, :3].T + inverse[:3, 3]
    on = places[..., 3] > 0.5
    return tuple(np.where(on, value(local), np.nan) for value in (rough_at, metal_at))


def read(path: str) -> Floats:
    with Image.open(path) as picture:
        assert picture.mode == "L"
        return np.asarray(picture) / 255


def principled(shape: bpy.types.Object) -> bpy.types.Node:
    """Give the object a usual material; its shader."""
    made = bpy.data.materials.new("Plain")
    if made.node_tree is None:
        made.use_nodes = True
    shape.data.materials.clear()
    shape.data.materials.append(made)
    return made.node_tree.nodes["Principled BSDF"]


@pytest.fixture
def shader(sculpture: bpy.types.Object) -> bpy.types.Node:
    node = principled(sculpture)
    node.inputs["Roughness"].default_value = 0.375
    return node


def run(plan: TexturePlan) -> job.TextureResult:
    done = job.run(plan, quiet)
    assert done.problem is None, done.problem
    return done


@pytest.mark.parametrize("count", [1, pytest.param(4, marks=pytest.mark.soak)])
def test_the_maps_are_true_and_lie_as_the_colours_do_under_the_disturbing_painter(
    count: int,
    sculpture: bpy.types.Object,
    shader: bpy.types.Node,
    promised: Promised,
    truthful: TruthPainter,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bpy.context.scene.nano_banana.image_size = "1K"
    plan = promised(count=count, views="RING_TOP_BOTTOM", guides=("CLAY",), texture_size=1024, pbr=True)
    oracle = Oracle(truthful, plan, Disturbance())
    baked: list[list[Any]] = []
    plain = bake.bake_geometry_steps

    def watched(geometry: Any, views: Any, settings: BakeSettings | None = None) -> Any:
        baked.append(list(views))
        return plain(geometry, views, settings)

    monkeypatch.setattr(bake, "bake_geometry_steps", watched)
    done = run(plan)
    (made,) = done.report.textures
    expected = true_values(sculpture, 1024)
    for name, truth in zip(("ROUGHNESS", "METALLIC"), expected, strict=True):
        assert np.nanmean(np.abs(read(made.maps[name][0]) - truth)) <= 0.05
    colours, greys = baked
    assert [view.placement.tolist() for view in colours] == [view.placement.tolist() for view in greys]
    offsets = [
        measure_offset(view.picture[..., channel], oracle, kind, number)
        for number, view in enumerate(greys)
        for channel, kind in enumerate(("rough", "metal"))
    ]
    assert max(offsets) <= 0.5, offsets


def measure_offset(picture: np.ndarray, oracle: Oracle, kind: str, number: int) -> float:
    """The median distance, in pixels, of a grey map from its place in the disturbed view."""
    truth, _ = disturb_known(oracle.maps[kind][number], _moved_as(oracle), number)
    inside = np.repeat(oracle.inside[number][..., None], 3, axis=2).astype(np.uint8) * 255
    inside = disturb_known(inside, _moved_as(oracle), number)[0][..., 0] > 127
    found = align(np.repeat(picture[..., None], 3, axis=2), truth, inside)
    y, x = np.nonzero(inside)
    spots = np.stack([x + 0.5, y + 0.5], axis=1)[::97]
    moved = spots @ found.matrix[:, :2].T + found.matrix[:, 2] - spots
    return float(np.median(np.hypot(*moved.T)))


def _moved_as(oracle: Oracle) -> Disturbance:
    assert oracle.disturbance is not None
    return Disturbance(oracle.disturbance.shift, oracle.disturbance.scale, 0.0, 0.0, 0.0, 0)


def test_the_shader_gets_the_maps_and_is_as_it_was_without_them(
    sculpture: bpy.types.Object, shader: bpy.types.Node, promised: Promised, truthful: TruthPainter
) -> None:
    noise = sculpture.active_material.node_tree.nodes.new("ShaderNodeTexNoise")
    sculpture.active_material.node_tree.links.new(noise.outputs[0], shader.inputs["Metallic"])
    plan = promised(count=2, guides=("CLAY",), texture_size=64, pbr=True)
    (made,) = run(plan).report.textures
    group = material.group_node(sculpture.active_material)
    for name in ("Roughness", "Metallic"):
        (link,) = shader.inputs[name].links
        assert (link.from_node, link.from_socket.name) == (group, name)
        assert Path(made.maps[name.upper()][0]).stem == f"{Path(made.files[0]).stem}_{name.lower()[:5]}"
        (image,) = [i for i in bpy.data.images if i.name.endswith(name)]
        assert image.colorspace_settings.is_data
        assert [node.image for node in group.node_tree.nodes if node.type == "TEX_IMAGE"].count(image) == 1
    material.remove(sculpture.active_material)
    assert not shader.inputs["Roughness"].is_linked
    assert shader.inputs["Roughness"].default_value == pytest.approx(0.375)
    assert shader.inputs["Metallic"].links[0].from_node == noise


def test_one_undo_takes_the_maps_off_and_versions_have_their_own(
    sculpture: bpy.types.Object, shader: bpy.types.Node, promised: Promised
) -> None:
    run(promised(count=1, guides=("CLAY",), texture_size=64))
    bpy.ops.ed.undo_push(message="before")
    name = sculpture.name
    run(promised(count=1, guides=("CLAY",), texture_size=64, pbr=True))

    def shown() -> int:
        own = bpy.data.objects[name].active_material
        return len([n for n in material.group_node(own).node_tree.nodes if n.type == "TEX_IMAGE"])

    assert shown() == 3
    material.switch_version(bpy.data.objects[name].active_material, 0)
    assert shown() == 1, "the version without maps shows the shader's own values"
    material.switch_version(bpy.data.objects[name].active_material, 1)
    assert shown() == 3
    bpy.ops.ed.undo()
    assert shown() == 1
    shader = bpy.data.objects[name].active_material.node_tree.nodes["Principled BSDF"]
    assert not shader.inputs["Roughness"].is_linked


def test_the_price_is_that_of_the_views_and_the_sheets_and_is_not_paid_twice(
    sculpture: bpy.types.Object, shader: bpy.types.Node, promised: Promised, server: Simulator
) -> None:
    without = promised(count=2, guides=("CLAY",), texture_size=64)
    plan = promised(count=2, guides=("CLAY",), texture_size=64, pbr=True)
    sheets = [request for request in plan.order.requests if request.texture.panels]
    assert len(plan.order.requests) == 2 + len(sheets)
    assert plan.order.estimate > without.order.estimate
    run(without)
    assert posts(server) == 2
    assert job.offer(plan).missing.count == len(sheets), "the views exist"
    run(plan)
    assert posts(server) == 2 + len(sheets)
    again = run(promised(count=2, guides=("CLAY",), texture_size=128, pbr=True))
    assert posts(server) == 2 + len(sheets)
    assert len(again.reused) == 2 + len(sheets)
    assert again.report.textures[0].maps
    report = rebake.reproject(sculpture, 256)
    assert posts(server) == 2 + len(sheets)
    assert read(report.textures[0].maps["METALLIC"][0]).shape == (256, 256)


def test_a_refused_sheet_leaves_the_colours_and_says_what_is_missing_until_it_is_sent_again(
    sculpture: bpy.types.Object, shader: bpy.types.Node, promised: Promised, server: Simulator
) -> None:
    plan = promised(count=2, guides=("CLAY",), texture_size=64)
    run(plan)
    plan = promised(count=2, guides=("CLAY",), texture_size=64, pbr=True)
    server.script("refusal_image_safety", times=1)
    done = run(plan)
    assert done.report.textures[0].coverage > 0.3
    assert not done.report.textures[0].maps
    assert any("Generate Missing Maps" in note for note in done.report.notes)
    group = texture_info.group_of(sculpture)
    assert texture_info.list_missing_maps(group) == [0, 1]
    assert not shader.inputs["Roughness"].is_linked
    asked = posts(server)
    rebake.reproject(sculpture)
    assert texture_info.list_missing_maps(texture_info.group_of(sculpture)) == [0, 1]
    missing = rebake.plan_missing_maps(sculpture)
    sheets = len(missing.order.requests)
    done = job.run(missing, quiet)
    assert posts(server) == asked + sheets
    assert done.report.textures[0].maps
    assert texture_info.list_missing_maps(texture_info.group_of(sculpture)) == []
    assert shader.inputs["Roughness"].is_linked


def test_a_refused_view_is_left_out_of_its_sheet(
    sculpture: bpy.types.Object, shader: bpy.types.Node, promised: Promised, server: Simulator
) -> None:
    plan = promised(count=3, guides=("CLAY",), texture_size=64, pbr=True)
    server.script("refusal_image_safety", times=1)
    done = run(plan)
    assert len(done.report.drifts) == 2
    assert done.report.textures[0].maps
    assert texture_info.list_missing_maps(texture_info.group_of(sculpture)) == []


def test_a_view_that_is_generated_again_gets_its_maps_again(
    sculpture: bpy.types.Object, shader: bpy.types.Node, promised: Promised, server: Simulator
) -> None:
    run(promised(count=2, guides=("CLAY",), texture_size=64, pbr=True))
    asked = posts(server)
    plan = rebake.plan_regeneration(sculpture, 1)
    assert len(plan.order.requests) == 2
    done = job.run(plan, quiet, again=True)
    assert posts(server) == asked + 2
    assert done.report.textures[0].maps
    assert texture_info.list_missing_maps(texture_info.group_of(sculpture)) == []


def test_a_restart_between_the_views_and_their_sheet_loses_nothing_and_pays_nothing_twice(
    sculpture: bpy.types.Object,
    shader: bpy.types.Node,
    promised: Promised,
    server: Simulator,
    turned: Callable[..., None],  # noqa: F811
) -> None:
    ids = start_texture(promised(count=2, guides=("CLAY",), texture_size=64, pbr=True))
    session.current().link.wait(ids[:1], timeout=60)
    quit_after(ids[1])
    sheets = ids[2:]
    turned(lambda: is_offered(sheets[0], len(sheets)))
    assert [generation.state for generation in read_records(ids)] == [
        State.DONE,
        State.DONE,
        *[State.BLOCKED] * len(sheets),
    ]
    assert posts(server) == 2
    assert bpy.ops.nano_banana.ask_again(generation=sheets[0]) == {"FINISHED"}
    turned(lambda: not job.count_pending())
    assert [generation.state for generation in read_records(ids)] == [State.DONE] * len(ids)
    assert posts(server) == len(ids)
    assert shader.inputs["Roughness"].is_linked


def test_an_object_that_is_gone_when_the_maps_come_loses_nothing(
    sculpture: bpy.types.Object, shader: bpy.types.Node, promised: Promised
) -> None:
    before = list_textures()
    plan = promised(count=2, guides=("CLAY",), texture_size=64, pbr=True)
    bpy.data.objects.remove(sculpture)
    done = job.run(plan, quiet)
    assert done.report is None
    assert done.problem is not None
    assert all(generation.is_generated for generation in done.generations), "they stay in the history"
    assert list_textures() == before


@pytest.mark.parametrize("room", [1, 2])
def test_a_disk_that_is_full_amid_the_maps_leaves_none(
    sculpture: bpy.types.Object,
    shader: bpy.types.Node,
    promised: Promised,
    monkeypatch: pytest.MonkeyPatch,
    room: int,
) -> None:
    real, before, written = xmp.write_derived, list_textures(), []

    def write(picture: object, path: Path, packet: str) -> None:
        if len(written) == room:
            raise NanoBananaError(ErrorKind.DISK, "The disk is full.")
        written.append(path)
        real(picture, path, packet)

    monkeypatch.setattr(xmp, "write_derived", write)
    done = job.run(promised(count=1, guides=("CLAY",), texture_size=64, pbr=True), quiet)
    assert done.problem is not None
    assert done.problem.kind is ErrorKind.DISK
    assert list_textures() == before
    assert texture_info.group_of(sculpture) is None
    assert not shader.inputs["Roughness"].is_linked
    monkeypatch.setattr(xmp, "write_derived", real)
    report = rebake.bake_result(done.generations[-1])
    assert report.textures[0].maps, "a sheet of the texture is enough to bake all of it"


def list_textures() -> set[Path]:
    return set((folders.home() / write_maps.TEXTURES_FOLDER).glob("*"))


def draw_grey(asked: Any) -> np.ndarray:
    """What was sent without its colours: in a sequence these painted views show what is not painted yet."""
    return np.asarray(Image.open(io.BytesIO(asked.images[-1])).convert("L").convert("RGB"))


def test_a_sheet_in_colours_gives_no_maps(
    sculpture: bpy.types.Object, shader: bpy.types.Node, promised: Promised, truthful: TruthPainter
) -> None:
    truthful.draw_sheet = lambda asked: np.full((asked.height, asked.width, 3), (200, 60, 30), np.uint8)
    done = run(promised(count=1, guides=("CLAY",), texture_size=64, pbr=True))
    assert not done.report.textures[0].maps
    assert texture_info.list_missing_maps(texture_info.group_of(sculpture)) == [0]
    assert not shader.inputs["Metallic"].is_linked


@pytest.mark.parametrize("mode", ["SHEET", "SEQUENTIAL"])
def test_each_mode_has_maps(
    sculpture: bpy.types.Object,
    shader: bpy.types.Node,
    promised: Promised,
    server: Simulator,
    truthful: TruthPainter,
    mode: str,
) -> None:
    truthful.draw_sheet = draw_grey
    plan = promised(count=3, mode=mode, guides=("CLAY",), texture_size=64, pbr=True)
    done = run(plan)
    assert posts(server) == len(plan.order.requests)
    assert set(done.report.textures[0].maps) == {"ROUGHNESS", "METALLIC"}
    assert texture_info.list_missing_maps(texture_info.group_of(sculpture)) == []


def test_udim_tiles_have_maps_each(sculpture: bpy.types.Object, shader: bpy.types.Node, promised: Promised) -> None:
    spread_over_tiles(sculpture)
    (made,) = run(promised(count=2, guides=("CLAY",), texture_size=64, pbr=True)).report.textures
    assert [Path(path).name.split(".")[-2] for path in made.maps["METALLIC"]] == ["1001", "1002", "1011", "1012"]
    (image,) = [i for i in bpy.data.images if i.name.endswith("Metallic")]
    assert (image.source, len(image.tiles)) == ("TILED", 4)
    assert image.colorspace_settings.is_data


def test_a_shader_without_such_inputs_keeps_what_it_shows_and_is_told(
    sculpture: bpy.types.Object, promised: Promised
) -> None:
    done = run(promised(count=1, guides=("CLAY",), texture_size=64, pbr=True))
    assert any("no Roughness and no Metallic" in note for note in done.report.notes)
    assert Path(done.report.textures[0].maps["ROUGHNESS"][0]).is_file()


def test_an_added_view_keeps_the_maps(
    sculpture: bpy.types.Object, shader: bpy.types.Node, promised: Promised, truthful: TruthPainter
) -> None:
    run(promised(count=2, guides=("CLAY",), texture_size=256, pbr=True))
    group = material.group_node(sculpture.active_material).node_tree
    before = versions.get_version(group, versions.current(group)).maps
    camera = bpy.data.objects.new("Front", bpy.data.cameras.new("Front"))
    camera.location, camera.rotation_euler = (0.6, -5.0, 0.4), (1.49, 0, 0.12)
    bpy.context.scene.collection.objects.link(camera)
    bpy.context.view_layer.update()
    texture = choose_texture_settings(cameras=("Front",), pbr=True)
    plan = add_view.prepare(bpy.context, scene_settings.settings_of(bpy.context.scene), texture)
    assert len(plan.order.requests) == 1
    run(plan)
    assert versions.current(group) == 1
    assert versions.get_version(group, 1).maps == before
    assert texture_info.list_missing_maps(group) == []


@pytest.mark.parametrize("model", ["gemini-3-pro-image", "gemini-2.5-flash-image", "flux-2-pro"])
@pytest.mark.parametrize("views", [1, 2, 4, 5, 9])
def test_sheets_cost_no_more_than_one_for_each_view_and_are_sharp_enough(model: str, views: int) -> None:
    size = models.find(model).default_size
    service = grey_sheets.Service("google", model, size, "", "")
    chosen = grey_sheets.choose_sheets(service, views)
    payment = grey_sheets.estimate_sheets(service, views)
    assert chosen.count <= views
    assert payment.dollars <= views * service.price_sheet(size) + 1e-9
    assert -(-views // chosen.count) <= 4


@pytest.mark.parametrize(("count", "mode"), [(1, "SINGLE"), (4, "SINGLE"), (6, "SEQUENTIAL"), (3, "SHEET")])
def test_the_button_names_the_count_and_the_price_of_what_is_sent(
    sculpture: bpy.types.Object, count: int, mode: str
) -> None:
    texturing = bpy.context.scene.nano_banana.texturing
    texturing.pbr, texturing.count, texturing.mode, texturing.guides = True, count, mode, {"CLAY"}
    shown = payment.estimate_texture(bpy.context)
    settings = scene_settings.settings_of(bpy.context.scene)
    order = prepare(bpy.context, settings, choose_texture_settings()).order
    assert shown.count == len(order.requests)
    assert shown.dollars == pytest.approx(order.estimate, rel=0.02)
