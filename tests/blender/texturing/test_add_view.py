# SPDX-License-Identifier: GPL-3.0-or-later
"""A view added to a texture that was not made here: what it sees changes, every other texel keeps its bytes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import bpy
import numpy as np
import pytest
from PIL import Image

from devtools.simulator.server import Simulator
from nano_banana_addon.blender.deliver.datablocks.image import open_tiles
from nano_banana_addon.blender.deliver.datablocks.texels import read_texels
from nano_banana_addon.blender.deliver.material.base_image import find_base_image
from nano_banana_addon.blender.deliver.material.material import group_node
from nano_banana_addon.core.errors import InputError, NanoBananaError
from nano_banana_addon.features.generation import scene_settings
from nano_banana_addon.features.texture import add_view, job, rebake, unseen
from nano_banana_addon.features.texture.job import TextureResult
from nano_banana_addon.features.texture.plan import TexturePlan
from nano_banana_addon.imaging.formats.png import write_deep
from tests.oracle import painter
from tests.support.metrics import psnr
from tests.support.tiles import spread_over_tiles

from .conftest import TruthPainter, choose_texture_settings, true_map

EDGE = 512
Textured = Callable[..., bpy.types.Image]


def quiet(_generation: object) -> None:
    """Progress that nobody looks at."""


def draw_pattern(edge: int = EDGE, channels: int = 3, depth: int = 8) -> np.ndarray:
    """Smooth colours with fine noise, so that a texel that was written again shows."""
    y, x = np.mgrid[0:edge, 0:edge] / edge
    planes = [0.45 + 0.25 * np.sin(7 * x + k) * np.cos(5 * y - k) for k in range(3)]
    planes += [np.where(x < 0.9, 1.0, 0.4)] * (channels - 3)
    noise = np.random.default_rng(1).normal(0, 0.01, (edge, edge, channels))
    top = 2**depth - 1
    return np.round(np.clip(np.stack(planes, axis=-1) + noise, 0, 1) * top).astype(np.uint16 if depth > 8 else np.uint8)


def write(texels: np.ndarray, path: Path) -> Path:
    if texels.dtype == np.uint16:
        write_deep(texels, path, "")
    else:
        Image.fromarray(texels).save(path)
    return path


def show(shape: bpy.types.Object, image: bpy.types.Image) -> bpy.types.Material:
    """A material whose base colour is an image, as any other tool makes it."""
    made = bpy.data.materials.new("Foreign")
    if made.node_tree is None:
        made.use_nodes = True
    nodes = made.node_tree.nodes
    picture = nodes.new("ShaderNodeTexImage")
    picture.image = image
    made.node_tree.links.new(picture.outputs["Color"], nodes["Principled BSDF"].inputs["Base Color"])
    shape.data.materials.clear()
    shape.data.materials.append(made)
    return made


@pytest.fixture
def textured(sculpture: bpy.types.Object, tmp_path: Path) -> Textured:
    """Give the sculpture a texture from a file; a camera looks at it from the front."""
    data = bpy.data.cameras.new("Front")
    camera = bpy.data.objects.new("Front", data)
    camera.location, camera.rotation_euler = (0.6, -5.0, 0.4), (1.49, 0, 0.12)
    bpy.context.scene.collection.objects.link(camera)
    bpy.context.scene.camera = camera
    bpy.context.scene.render.resolution_x = bpy.context.scene.render.resolution_y = 512

    def give(texels: np.ndarray) -> bpy.types.Image:
        image = bpy.data.images.load(str(write(texels, tmp_path / "base.png")))
        show(sculpture, image)
        bpy.context.view_layer.update()
        return image

    return give


def prepare(**wanted: object) -> TexturePlan:
    """The plan from the scene's front camera: the module has a 3D view, too."""
    texture = choose_texture_settings(**{"cameras": ("Front",), **wanted})
    return add_view.prepare(bpy.context, scene_settings.settings_of(bpy.context.scene), texture)


def read_look(plan: TexturePlan) -> np.ndarray:
    """The structure image of a plan's request."""
    return np.load(plan.order.requests[0].references[-1].path)[..., :3]


def add(truthful: TruthPainter, change: Callable[[np.ndarray], np.ndarray], **wanted: object) -> TextureResult:
    plan = prepare(**wanted)
    truthful.promise(plan.order.requests[0], change(read_look(plan)))
    done = job.run(plan, quiet)
    assert done.problem is None, done.problem
    return done


def redden(look: np.ndarray) -> np.ndarray:
    """What is asked for: the whole object much more red, its pattern kept."""
    is_object = (look != look[0, 0]).any(axis=2)[..., None]
    red = look * np.array([0.5, 0.4, 0.4]) + np.array([127, 0, 0])
    return np.where(is_object, np.clip(red, 0, 255), look).astype(np.uint8)


def read_result(done: TextureResult) -> np.ndarray:
    image = bpy.data.images[done.report.textures[0].image]
    return read_texels(image)[1001]


@pytest.mark.parametrize(("channels", "depth"), [(3, 8), (4, 8), (3, 16), (4, 16)])
def test_only_what_the_view_sees_changes(
    sculpture: bpy.types.Object, textured: Textured, truthful: TruthPainter, channels: int, depth: int
) -> None:
    before = draw_pattern(channels=channels, depth=depth)
    image = textured(before)
    file = Path(bpy.path.abspath(image.filepath)).read_bytes()
    done = add(truthful, redden)
    after = read_result(done)
    assert after.dtype == before.dtype
    assert after.shape == before.shape
    changed = (after != before).any(axis=2)
    assert 0.03 < changed.mean() < 0.3
    assert Path(bpy.path.abspath(image.filepath)).read_bytes() == file, "the old image's file"
    assert (read_texels(image)[1001] == before).all()
    assert find_base_image(sculpture).image.name == done.report.textures[0].image
    if channels == 4:
        assert (after[..., 3] == before[..., 3]).all()
    assert measure_border(before, after, true_map(sculpture, EDGE)[..., 3] > 0) <= 1.0  # of 255


def measure_border(before: np.ndarray, after: np.ndarray, surface: np.ndarray) -> float:
    """The largest change, of 255, of a texel beside one of the surface that is as before."""
    change = np.abs(after[..., :3].astype(float) - before[..., :3]).max(axis=2) / (np.iinfo(before.dtype).max / 255)
    same = (after == before).all(axis=2)
    worst = 0.0
    for axis in (0, 1):
        parts = [[np.take(each, range(k, EDGE - 1 + k), axis) for k in (0, 1)] for each in (change, same, surface)]
        (first, second), (same_first, same_second), (on_first, on_second) = parts
        border = (same_first != same_second) & on_first & on_second
        worst = max(worst, np.maximum(first, second)[border].max(initial=0))
    return worst


def test_what_is_seen_becomes_the_asked_view(
    sculpture: bpy.types.Object, textured: Textured, truthful: TruthPainter, tmp_path: Path
) -> None:
    """The model answers with the truth of the object, moved by some pixels, over a pattern of other colours."""
    truth_material = sculpture.active_material
    textured(draw_pattern())
    foreign = sculpture.active_material
    plan = prepare()
    (shown,) = plan.order.requests[0].texture.shown
    sculpture.data.materials[0] = truth_material
    picture = painter.render(shown.view, shown.size, str(tmp_path), samples=4)
    sculpture.data.materials[0] = foreign
    bpy.context.scene.camera = bpy.data.objects["Front"]
    truthful.promise(plan.order.requests[0], np.roll(picture, (3, -4), axis=(0, 1)))
    done = job.run(plan, quiet)
    expected = true_map(sculpture, EDGE)
    after, before = read_result(done), draw_pattern()
    # Where the view counts fully, nothing of the old colours is left.
    heat = np.abs(after.astype(int) - before).max(axis=2) > 0
    full = full_share(done) & (expected[..., 3] > 0) & heat
    assert full.sum() > 500
    assert psnr(after, expected[..., :3], full) >= 30
    assert done.report.drifts[0].before == pytest.approx(5, abs=1)
    assert done.report.drifts[0].after < 1


def full_share(done: TextureResult) -> np.ndarray:
    """The texels of which the new view is all: from the check image of its contribution."""
    name = f".{done.report.textures[0].image} View 1"
    image = bpy.data.images[name]
    values = np.array(image.pixels[:], np.float32).reshape(image.size[1], image.size[0], 4)[::-1, :, 0]
    return np.repeat(np.repeat(values, EDGE // values.shape[0], axis=0), EDGE // values.shape[1], axis=1) > 0.998


def test_an_answer_that_is_the_present_look_changes_next_to_nothing(
    sculpture: bpy.types.Object, textured: Textured, truthful: TruthPainter
) -> None:
    before = draw_pattern()
    textured(before)
    lighter = add(truthful, lambda look: np.clip(look * 1.07, 0, 255).astype(np.uint8))
    change = np.abs(read_result(lighter).astype(int) - before)[..., :3]
    assert np.percentile(change.max(axis=2)[true_map(sculpture, EDGE)[..., 3] > 0], 99) <= 12
    assert change.mean() < 1, "another exposure is no change"
    assert "last picture" not in lighter.report.textures[0].image, "named by the artist's words"


def test_the_material_that_another_object_shows_stays(
    sculpture: bpy.types.Object, textured: Textured, truthful: TruthPainter
) -> None:
    image = textured(draw_pattern())
    other = sculpture.copy()
    other.data = sculpture.data.copy()
    bpy.context.scene.collection.objects.link(other)
    foreign = sculpture.active_material
    add(truthful, redden)
    assert other.active_material == foreign
    assert group_node(foreign) is None
    assert find_base_image(other).image == image
    assert sculpture.active_material != foreign


def test_only_the_slots_of_the_texture_get_the_new_one(
    sculpture: bpy.types.Object, textured: Textured, truthful: TruthPainter
) -> None:
    before = draw_pattern()
    textured(before)
    plain = bpy.data.materials.new("Plain")
    sculpture.data.materials.append(plain)
    for polygon in sculpture.data.polygons:
        polygon.material_index = int(polygon.center.z > 0.2)
    done = add(truthful, redden)
    assert sculpture.material_slots[1].material == plain
    assert group_node(plain) is None
    assert (read_result(done) != before).any()


def test_the_next_view_is_added_to_the_last_and_a_painted_image_counts_as_it_is(
    sculpture: bpy.types.Object, textured: Textured, truthful: TruthPainter
) -> None:
    textured(draw_pattern())
    first = add(truthful, redden)
    image = bpy.data.images[first.report.textures[0].image]
    painted = read_texels(image)[1001].copy()
    painted[:40, :40] = (1, 2, 3)  # by hand, and not saved
    values = np.dstack([painted[..., :3] / 255, np.ones((EDGE, EDGE))])[::-1].astype(np.float32)
    image.pixels.foreach_set(values.reshape(-1))
    image.update()
    assert image.is_dirty
    second = add(truthful, lambda look: look[..., ::-1].copy())
    after = read_result(second)
    assert second.report.textures[0].image != image.name
    assert image.is_dirty, "what was painted is still there, and not saved"
    assert (read_texels(image)[1001][..., :3] == painted[..., :3]).all()
    same = (after[..., :3] == painted[..., :3]).all(axis=2)
    assert 0.6 < same.mean() < 0.99


def test_a_packed_image_is_read_from_the_blend(
    sculpture: bpy.types.Object, textured: Textured, truthful: TruthPainter, tmp_path: Path
) -> None:
    before = draw_pattern(depth=16)
    image = textured(before)
    image.pack()
    (tmp_path / "base.png").unlink()
    after = read_result(add(truthful, redden))
    assert after.dtype == np.uint16
    assert (after == before).all(axis=2).mean() > 0.7
    assert (read_texels(image)[1001] == before).all()


def test_reprojecting_changes_the_old_texture_again_and_not_the_new_one(
    sculpture: bpy.types.Object, textured: Textured, truthful: TruthPainter
) -> None:
    textured(draw_pattern())
    first = read_result(add(truthful, redden))
    report = rebake.reproject(sculpture, 128)
    again = read_texels(bpy.data.images[report.textures[0].image])[1001]
    assert (again == first).all()


def break_away(image: bpy.types.Image, material: bpy.types.Material) -> None:
    Path(bpy.path.abspath(image.filepath)).unlink()


def make_linear(image: bpy.types.Image, material: bpy.types.Material) -> None:
    image.colorspace_settings.name = "Non-Color"


def mix_colours(image: bpy.types.Image, material: bpy.types.Material) -> None:
    nodes, links = material.node_tree.nodes, material.node_tree.links
    gamma = nodes.new("ShaderNodeGamma")
    picture = next(node for node in nodes if node.type == "TEX_IMAGE")
    links.new(picture.outputs["Color"], gamma.inputs["Color"])
    links.new(gamma.outputs["Color"], nodes["Principled BSDF"].inputs["Base Color"])


def repeat_image(image: bpy.types.Image, material: bpy.types.Material) -> None:
    nodes, links = material.node_tree.nodes, material.node_tree.links
    mapping = nodes.new("ShaderNodeMapping")
    links.new(mapping.outputs[0], next(node for node in nodes if node.type == "TEX_IMAGE").inputs["Vector"])


def damage(image: bpy.types.Image, material: bpy.types.Material) -> None:
    Path(bpy.path.abspath(image.filepath)).write_bytes(b"\x89PNG\r\n\x1a\n and no more")


def remove_materials(image: bpy.types.Image, material: bpy.types.Material) -> None:
    bpy.context.active_object.data.materials.clear()


def remove_uvs(image: bpy.types.Image, material: bpy.types.Material) -> None:
    mesh = bpy.context.active_object.data
    while mesh.uv_layers:
        mesh.uv_layers.remove(mesh.uv_layers[0])
    mesh.update_tag()


def look_away(image: bpy.types.Image, material: bpy.types.Material) -> None:
    bpy.data.objects["Front"].rotation_euler.z += 3.14
    bpy.context.view_layer.update()


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (break_away, "Find Missing Files"),
        (make_linear, "not sRGB"),
        (mix_colours, "mixed from other nodes"),
        (repeat_image, "moved or repeated"),
        (damage, "base.png"),
        (remove_materials, "has no material"),
        (look_away, "see nothing"),
        (remove_uvs, "no UV map"),
    ],
)
def test_what_cannot_be_changed_is_said_before_paying(
    sculpture: bpy.types.Object,
    textured: Textured,
    server: Simulator,
    spoil: Callable[[bpy.types.Image, bpy.types.Material], None],
    sentence: str,
) -> None:
    image = textured(draw_pattern())
    spoil(image, sculpture.active_material)
    bpy.context.view_layer.update()
    with pytest.raises(NanoBananaError) as caught:
        prepare()
    assert sentence in caught.value.to_sentence()
    assert not [request for request in server.requests if request.method == "POST"]


def test_an_image_that_is_gone_when_the_view_arrives_loses_nothing(
    sculpture: bpy.types.Object, textured: Textured, truthful: TruthPainter
) -> None:
    image = textured(draw_pattern())
    plan = prepare()
    bpy.data.images.remove(image)
    done = job.run(plan, quiet)
    assert done.report is None
    assert "no longer in this file" in done.problem.to_sentence()
    assert done.generations[0].is_generated, "it stays in the history"


def test_a_camera_aims_at_what_no_view_has_seen(
    sculpture: bpy.types.Object, promised: Callable[..., TexturePlan], truthful: TruthPainter
) -> None:
    settings = scene_settings.settings_of(bpy.context.scene)
    job.run(promised(count=2, guides=("CLAY",)), quiet)
    first = unseen.aim(bpy.context, settings)
    assert first.gain > 0.1
    assert first.camera.name in bpy.context.scene.objects
    name = first.camera.name
    add(truthful, lambda look: look, cameras=(name,))
    second = unseen.aim(bpy.context, settings)
    assert second.gain < first.gain, "what was added counts as seen"
    assert second.camera.name == name
    assert sum(obj.name.startswith(unseen.NAME) for obj in bpy.data.objects) == 1


def test_a_texture_that_was_not_made_here_has_no_unseen_part(textured: Textured) -> None:
    textured(draw_pattern())
    with pytest.raises(InputError, match="not made here"):
        unseen.aim(bpy.context, scene_settings.settings_of(bpy.context.scene))


def test_each_udim_tile_keeps_its_bytes(
    sculpture: bpy.types.Object, textured: Textured, truthful: TruthPainter, tmp_path: Path
) -> None:
    spread_over_tiles(sculpture)
    before = {tile: np.roll(draw_pattern(256), tile, axis=1) for tile in (1001, 1002, 1011, 1012)}
    paths = [write(texels, tmp_path / f"tiles.{tile}.png") for tile, texels in before.items()]
    textured(draw_pattern(256))
    show(sculpture, open_tiles(paths))
    done = add(truthful, redden)
    after = read_texels(bpy.data.images[done.report.textures[0].image])
    assert set(after) == set(before)
    changed = [(after[tile] != before[tile]).any(axis=2).mean() for tile in before]
    assert 0 < max(changed) < 0.5
    assert (np.array(changed) < 0.9).all()
