"""Layers of the compositor: each over those below, only where its masks say, and gone without a trace."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import bpy
import numpy as np
import pytest

from nano_banana_addon.blender.deliver.compositor import chain, compositor, masks
from nano_banana_addon.blender.deliver.compositor.mask_kinds import MASK_KINDS
from nano_banana_addon.blender.deliver.datablocks.delivery_report import DeliveryLog
from nano_banana_addon.blender.deliver.delivery import deliver
from nano_banana_addon.blender.host import compat
from nano_banana_addon.core.constants import DeliveryKind
from nano_banana_addon.core.errors import InputError

from . import pictures
from .staging import add_camera, emission

ONTO, LAYER = (DeliveryKind.COMPOSITOR,), (DeliveryKind.COMPOSITOR_LAYER,)
WIDTH, HEIGHT = 96, 54
STEP = 1 / 65535


@pytest.fixture
def stage(scene: bpy.types.Scene) -> bpy.types.Scene:
    """Two cubes of flat colours before a camera that looks along Y, with the values of EXR saved."""
    scene.render.resolution_x, scene.render.resolution_y = WIDTH, HEIGHT
    camera = add_camera(scene)
    camera.location, camera.rotation_euler = (0, -8, 0), (np.pi / 2, 0, 0)
    for name, x in (("Left", -1.7), ("Right", 1.7)):
        bpy.ops.mesh.primitive_cube_add(location=(x, 0, 0))
        bpy.context.object.name = name
        bpy.context.object.data.materials.append(emission(f"{name} Colour", (0.1, 0.7, 0.2, 1.0)))
    return scene


def render_linear(scene: bpy.types.Scene, path: Path) -> np.ndarray:
    """The composite in scene-linear values: float (height, width, 4), the top row first."""
    compat.set_image_format(
        scene.render.image_settings,
        {"media_type": "IMAGE", "file_format": "OPEN_EXR", "color_mode": "RGBA", "color_depth": "32"},
    )
    scene.render.filepath = str(path.with_suffix(".exr"))
    bpy.ops.render.render(write_still=True, scene=scene.name)
    image = bpy.data.images.load(scene.render.filepath)
    image.colorspace_settings.name = "Non-Color"
    pixels = np.empty(image.size[0] * image.size[1] * 4, np.float32)
    image.pixels.foreach_get(pixels)
    shape = (image.size[1], image.size[0], 4)
    bpy.data.images.remove(image)
    return pixels.reshape(shape)[::-1]


def flat(value: int | tuple[int, int, int]) -> np.ndarray:
    return np.full((HEIGHT, WIDTH, 3), value, np.uint8)


def add_mask(scene: bpy.types.Scene, kind: str, *blocks: bpy.types.ID, **more) -> tuple[bpy.types.Node, DeliveryLog]:
    """A mask on the topmost layer."""
    log = DeliveryLog()
    view_layer = more.pop("view_layer", scene.view_layers[0])
    node = masks.add(
        scene, compositor.group_node(scene), MASK_KINDS[kind], log, view_layer=view_layer, blocks=blocks, **more
    )
    return node, log


def changed(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    return np.abs(after - before).max(axis=-1) > STEP


def cryptomatte(scene: bpy.types.Scene, path: Path, kind: str, names: str) -> np.ndarray:
    """Blender's own matte, from a tree of its own."""
    layer = scene.view_layers[0]
    for suffix in ("object", "material", "asset"):
        setattr(layer, f"use_pass_cryptomatte_{suffix}", True)
    tree = compat.attach_compositor_tree(scene, "Truth")
    node = tree.nodes.new("CompositorNodeCryptomatteV2")
    node.scene, node.layer_name, node.matte_id = scene, f"{layer.name}.{kind}", names
    tree.links.new(node.outputs["Matte"], compat.add_compositor_output(tree))
    matte = render_linear(scene, path)[..., 0]
    tree.nodes.clear()
    compat.detach_compositor_tree(scene)
    for suffix in ("object", "material", "asset"):
        setattr(layer, f"use_pass_cryptomatte_{suffix}", False)
    return matte


@pytest.mark.parametrize(
    ("kind", "layer", "name"),
    [
        ("OBJECT", "CryptoObject", "Left"),
        ("MATERIAL", "CryptoMaterial", "Right Colour"),
        ("ASSET", "CryptoAsset", "Left"),
    ],
)
def test_a_layer_is_cut_by_blenders_own_matte_and_the_rest_is_untouched(
    stage, finished, tmp_path: Path, kind: str, layer: str, name: str
) -> None:
    stage.cycles.samples, stage.cycles.filter_width = 8, 1.5  # soft edges
    matte = cryptomatte(stage, tmp_path / "matte", layer, name)
    assert 0.05 < matte.mean() < 0.5
    assert ((matte > 0.1) & (matte < 0.9)).any()
    plain = render_linear(stage, tmp_path / "plain")
    deliver(finished(flat(255)), ONTO)
    blocks = bpy.data.materials if kind == "MATERIAL" else bpy.data.objects
    _node, log = add_mask(stage, kind, blocks[name])
    assert any("switched on" in note for note in log.notes)
    seen = render_linear(stage, tmp_path / "seen")
    white = seen[0, 0].max()
    outside, inside = matte == 0, matte == 1
    assert np.abs(seen - plain)[outside].max() <= STEP
    whole = render_whole(stage, tmp_path)
    expected = plain * (1 - matte[..., None]) + whole * matte[..., None]
    assert np.abs(seen - expected).max() <= 1e-4
    assert inside.any()
    assert white >= 0


def render_whole(scene: bpy.types.Scene, tmp_path: Path) -> np.ndarray:
    """The composite as it would be without masks on the topmost layer."""
    layer = compositor.group_node(scene)
    links = [(link.from_socket, link.to_socket) for link in layer.inputs["Mask"].links]
    for link in layer.inputs["Mask"].links:
        layer.id_data.links.remove(link)
    whole = render_linear(scene, tmp_path / "whole")
    for start, end in links:
        layer.id_data.links.new(start, end)
    return whole


def test_a_range_of_depth_ends_at_the_plane_that_it_names(stage, finished, tmp_path: Path) -> None:
    for name in ("Left", "Right"):
        bpy.data.objects.remove(bpy.data.objects[name])
    bpy.ops.mesh.primitive_plane_add(size=200, location=(0, 0, -1))  # the ground, up to the horizon
    bpy.context.object.data.materials.append(emission("Ground"))
    plain = render_linear(stage, tmp_path / "plain")
    deliver(finished(flat(255)), ONTO)
    add_mask(stage, "DEPTH", values=(4.0, 12.0))
    rows = changed(plain, render_linear(stage, tmp_path / "seen")).mean(axis=1)
    assert set(rows) == {0.0, 1.0}
    camera = stage.camera.data
    focal = camera.lens / camera.sensor_width * WIDTH  # pixels
    first, last = np.flatnonzero(rows)[[0, -1]]
    assert abs(first - (HEIGHT / 2 + focal / 12.0)) <= 1
    below = HEIGHT / 2 + focal / 4.0
    assert abs(min(last + 1, HEIGHT) - min(below, HEIGHT)) <= 1


def test_mist_alpha_and_a_painted_image_choose_too(stage, finished, tmp_path: Path) -> None:
    stage.render.film_transparent = True
    stage.world = bpy.data.worlds.new("World")
    stage.world.mist_settings.start, stage.world.mist_settings.depth = 0, 20
    plain = render_linear(stage, tmp_path / "plain")
    deliver(finished(flat(255)), ONTO)
    node, _log = add_mask(stage, "ALPHA")
    by_alpha = changed(plain, render_linear(stage, tmp_path / "alpha"))
    assert (by_alpha == (plain[..., 3] > 0)).all()
    masks.remove(node.id_data, node)
    node, _log = add_mask(stage, "MIST", values=(0.0, 0.9, 0.0))
    by_mist = changed(plain, render_linear(stage, tmp_path / "mist"))
    assert (by_mist == by_alpha).mean() > 0.97
    masks.remove(node.id_data, node)
    image = bpy.data.images.new("Half", 64, 64)
    values = np.ones((64, 64, 4), np.float32)
    values[:, 32:, :3] = 0
    image.pixels.foreach_set(values.ravel())
    add_mask(stage, "IMAGE", image)
    by_image = changed(plain, render_linear(stage, tmp_path / "image"))
    assert by_image[:, : WIDTH // 2 - 1].all()
    assert not by_image[:, WIDTH // 2 + 1 :].any()


def test_a_grey_mask_shows_half_whatever_its_colour_space_is(stage, finished, tmp_path: Path) -> None:
    plain = render_linear(stage, tmp_path / "plain")
    deliver(finished(flat(255)), ONTO)
    full = render_linear(stage, tmp_path / "full")
    path = pictures.write_png(tmp_path / "grey.png", np.full((8, 8, 3), 128, np.uint8))
    for space in ("sRGB", "Non-Color"):
        image = bpy.data.images.load(str(path))
        image.colorspace_settings.name = space
        node, _log = add_mask(stage, "IMAGE", image)
        seen = render_linear(stage, tmp_path / space)
        expected = plain + (full - plain) * (128 / 255)
        assert np.abs(seen - expected).max() < 2e-3
        masks.remove(node.id_data, node)


def test_masks_are_joined_and_inverted(stage, finished, tmp_path: Path) -> None:
    left, right = bpy.data.objects["Left"], bpy.data.objects["Right"]
    plain = render_linear(stage, tmp_path / "plain")
    deliver(finished(flat(255)), ONTO)
    first, _log = add_mask(stage, "OBJECT", left)
    one = changed(plain, render_linear(stage, tmp_path / "one"))
    second, _log = add_mask(stage, "OBJECT", right)
    assert not changed(plain, render_linear(stage, tmp_path / "both")).any()
    second.inputs["Add"].default_value = True
    either = changed(plain, render_linear(stage, tmp_path / "either"))
    assert either.sum() == pytest.approx(2 * one.sum(), rel=0.1)
    layer = compositor.group_node(stage)
    layer.inputs["Invert"].default_value = True
    assert (changed(plain, render_linear(stage, tmp_path / "rest")) == ~either).all()
    layer.inputs["Invert"].default_value = False
    assert masks.list_masks(layer) == [first, second]
    masks.remove(layer.id_data, first)
    assert (changed(plain, render_linear(stage, tmp_path / "second")) == (either & ~one)).all()


def test_frames_and_a_wipe(stage, finished, tmp_path: Path) -> None:
    plain = render_linear(stage, tmp_path / "plain")
    deliver(finished(flat(255)), ONTO)
    add_mask(stage, "FRAMES", values=(10, 20))
    for frame, is_shown in ((9, False), (10, True), (20, True), (21, False)):
        stage.frame_set(frame)
        assert changed(plain, render_linear(stage, tmp_path / f"{frame}")).all() == is_shown
    stage.frame_set(10)
    add_mask(stage, "WIPE", values=(0.25, 0.5))
    columns = changed(plain, render_linear(stage, tmp_path / "wipe")).mean(axis=0)
    assert np.flatnonzero(columns == 1).tolist() == list(range(WIDTH // 4, WIDTH // 2))
    assert set(columns) == {0.0, 1.0}


@pytest.mark.parametrize(
    "mode", [item.identifier for item in bpy.types.ShaderNodeMix.bl_rna.properties["blend_type"].enum_items]
)
def test_a_blend_mode_is_blenders_mix(stage, finished, tmp_path: Path, mode: str) -> None:
    deliver(finished(flat((200, 90, 30))), ONTO)
    layer = compositor.group_node(stage)
    picture = render_linear(stage, tmp_path / "picture")
    layer.inputs["Factor"].default_value = 0.7
    compositor.set_blend(stage, layer.name, mode)
    seen = render_linear(stage, tmp_path / "seen")
    tree = compat.compositor_tree(stage)
    mix = tree.nodes.new("ShaderNodeMix")
    mix.data_type, mix.blend_type = "RGBA", mode
    sockets = {socket.identifier: socket for socket in mix.inputs}
    sockets["Factor_Float"].default_value = 0.7
    sockets["B_Color"].default_value = picture[0, 0]
    tree.links.new(layer.inputs["Image"].links[0].from_socket, sockets["A_Color"])
    output = compat.compositor_output(tree)
    tree.links.new(next(s for s in mix.outputs if s.identifier == "Result_Color"), output)
    assert np.abs(render_linear(stage, tmp_path / "truth") - seen).max() < 1e-5
    assert np.ptp(seen[..., :3]) > 0.01


def test_bright_light_outside_of_a_mask_passes_every_blend_mode(stage, finished, tmp_path: Path) -> None:
    bpy.data.materials["Right Colour"].node_tree.nodes["Emission"].inputs["Strength"].default_value = 50
    plain = render_linear(stage, tmp_path / "plain")
    assert plain.max() > 30
    deliver(finished(flat(120)), ONTO)
    add_mask(stage, "OBJECT", bpy.data.objects["Left"])
    for mode in ("BURN", "DODGE", "DIVIDE", "SOFT_LIGHT", "VALUE"):
        compositor.set_blend(stage, "", mode)
        seen = render_linear(stage, tmp_path / mode)
        assert np.abs(seen - plain)[:, WIDTH // 2 :].max() <= STEP


def test_over_a_transparent_film_a_layer_is_seen(stage, finished, tmp_path: Path) -> None:
    stage.render.film_transparent = True
    deliver(finished(flat(255)), ONTO)
    compositor.group_node(stage).inputs["Factor"].default_value = 0.25
    alpha = render_linear(stage, tmp_path / "seen")[..., 3]
    assert alpha[0, 0] == pytest.approx(0.25, abs=1e-3)
    assert alpha.max() == pytest.approx(1.0, abs=1e-3)


def test_layers_lie_in_order_and_can_be_exchanged(stage, finished, tmp_path: Path) -> None:
    deliver(finished(flat(60)), ONTO)
    deliver(finished(flat(200)), LAYER)
    low, high = chain.list_layers(stage)
    assert compositor.group_node(stage) == high
    bright = render_linear(stage, tmp_path / "bright")[..., :3].mean()
    chain.move(stage, high, -1)
    assert chain.list_layers(stage) == [high, low]
    dark = render_linear(stage, tmp_path / "dark")[..., :3].mean()
    assert dark < 0.1 < bright
    chain.move(stage, low, 1)  # it is the topmost: nothing happens
    chain.move(stage, high, 1)
    assert chain.list_layers(stage) == [low, high]
    high.mute = True
    assert render_linear(stage, tmp_path / "muted")[..., :3].mean() == pytest.approx(dark, abs=1e-4)


def test_nodes_between_layers_stay_where_they_are(stage, finished) -> None:
    deliver(finished(flat(60)), ONTO)
    deliver(finished(flat(200)), LAYER)
    low, high = chain.list_layers(stage)
    tree = compat.compositor_tree(stage)
    glare = tree.nodes.new("CompositorNodeBlur")
    tree.links.new(low.outputs[0], glare.inputs[0])
    tree.links.new(glare.outputs[0], high.inputs["Image"])
    chain.move(stage, low, 1)
    assert chain.list_layers(stage) == [high, low]
    assert glare.inputs[0].links[0].from_node == high
    assert glare.outputs[0].links[0].to_node == low
    compositor.remove(stage, high.name)
    assert glare.inputs[0].links[0].from_node.type == "R_LAYERS"


def snapshot(tree: bpy.types.NodeTree) -> object:
    links = [(x.from_node.name, x.from_socket.identifier, x.to_node.name, x.to_socket.identifier) for x in tree.links]
    nodes = [(n.name, n.bl_idname, n.label, tuple(n.location), n.mute, n.hide) for n in tree.nodes]
    return sorted(nodes), sorted(links), sorted(tree.keys())


def build_tree_of_sixty(scene: bpy.types.Scene) -> bpy.types.NodeTree:
    tree = compat.attach_compositor_tree(scene, "Mine")
    rng = np.random.default_rng(3)
    made = [tree.nodes.new("CompositorNodeRLayers")]
    while len(made) < 59:
        node = tree.nodes.new(("CompositorNodeBlur", "CompositorNodeAlphaOver", "ShaderNodeMath")[len(made) % 3])
        node.location = tuple(rng.random(2) * 3000 - 0.123)
        for socket in [s for s in node.inputs if s.enabled][:3]:
            source = made[int(rng.integers(len(made)))]
            tree.links.new(source.outputs[0], socket)
        made.append(node)
    output = compat.add_compositor_output(tree)
    output.node.location = (3456.789, -12.345)
    tree.links.new(made[-2].outputs[0], output)
    return tree


def test_a_tree_of_sixty_nodes_is_identical_after_layers_came_and_went(stage, finished) -> None:
    tree, view_layer = build_tree_of_sixty(stage), stage.view_layers[0]
    assert len(tree.nodes) == 60
    view_layer.use_pass_mist = True  # the artist's own
    before, groups = snapshot(tree), len(bpy.data.node_groups)
    for kinds in (ONTO, LAYER, LAYER):
        deliver(finished(), kinds)
        add_mask(stage, "OBJECT", bpy.data.objects["Left"])
        add_mask(stage, "DEPTH")
        add_mask(stage, "MIST")
        add_mask(stage, "IMAGE", bpy.data.images.new("Paint", 8, 8))
        add_mask(stage, "FRAMES")
    assert view_layer.use_pass_z
    assert view_layer.use_pass_cryptomatte_object
    _low, middle, _high = chain.list_layers(stage)
    compositor.remove(stage, middle.name)
    assert view_layer.use_pass_z
    compositor.remove(stage)
    assert snapshot(tree) == before
    assert len(bpy.data.node_groups) == groups
    assert (view_layer.use_pass_z, view_layer.use_pass_cryptomatte_object, view_layer.use_pass_mist) == (0, 0, 1)
    assert not [key for key in view_layer.keys() if key.startswith("nano_banana")]  # noqa: SIM118


def test_a_bare_tree_is_bare_again(stage, finished) -> None:
    tree = compat.attach_compositor_tree(stage, "Mine")
    viewer = tree.nodes.new("CompositorNodeViewer")
    before = snapshot(tree)
    deliver(finished(), ONTO)
    add_mask(stage, "DEPTH")
    compositor.remove(stage)
    assert compat.compositor_tree(stage) == tree
    assert snapshot(tree) == before
    assert viewer.name in tree.nodes


def test_a_pass_that_another_node_uses_stays_on(stage, finished) -> None:
    tree = compat.attach_compositor_tree(stage, "Mine")
    deliver(finished(), ONTO)
    add_mask(stage, "DEPTH")
    layers, blur = tree.nodes.new("CompositorNodeRLayers"), tree.nodes.new("CompositorNodeBlur")
    tree.links.new(layers.outputs["Depth"], blur.inputs[0])
    compositor.remove(stage)
    assert stage.view_layers[0].use_pass_z


def test_a_renamed_object_is_found_again_and_a_deleted_one_is_told(stage, finished, tmp_path: Path) -> None:
    left, right = bpy.data.objects["Left"], bpy.data.objects["Right"]
    plain = render_linear(stage, tmp_path / "plain")
    deliver(finished(flat(255)), ONTO)
    add_mask(stage, "OBJECT", left, right)
    both = changed(plain, render_linear(stage, tmp_path / "both"))
    left.name = "Otherwise"
    assert changed(plain, render_linear(stage, tmp_path / "stale")).sum() < both.sum()
    compositor.refresh(stage)
    assert (changed(plain, render_linear(stage, tmp_path / "fresh")) == both).all()
    bpy.data.objects.remove(left)
    notes = compositor.refresh(stage)
    assert any("deleted" in note and "Otherwise" in note for note in notes)
    bpy.ops.object.select_all(action="DESELECT")
    right.select_set(True)
    bpy.ops.object.delete()
    assert any("Right" in note for note in compositor.refresh(stage))
    assert "Right" not in bpy.data.objects or not bpy.data.objects["Right"].users
    assert not compositor.refresh(stage)


def test_what_the_artist_picked_in_the_cryptomatte_node_stays(stage, finished) -> None:
    deliver(finished(), ONTO)
    mask, _log = add_mask(stage, "OBJECT", bpy.data.objects["Left"])
    matte = next(n for n in masks.find_upstream(mask) if n.type == "CRYPTOMATTE_V2")
    matte.matte_id += ", Right"
    bpy.data.objects["Left"].name = "New"
    compositor.refresh(stage)
    assert matte.matte_id.replace(" ", "") == "New,Right"


def test_a_pass_that_was_switched_off_comes_back_with_refresh(stage, finished, tmp_path: Path) -> None:
    deliver(finished(flat(255)), ONTO)
    add_mask(stage, "DEPTH", values=(0, 9))
    add_mask(stage, "OBJECT", bpy.data.objects["Left"])
    before = render_linear(stage, tmp_path / "before")
    stage.view_layers[0].use_pass_z = stage.view_layers[0].use_pass_cryptomatte_object = False
    notes = compositor.refresh(stage)
    assert len([note for note in notes if "switched on" in note]) == 2
    assert np.abs(render_linear(stage, tmp_path / "after") - before).max() == 0


def test_bad_input_is_refused_in_words_and_changes_nothing(stage, finished) -> None:
    deliver(finished(), ONTO)
    tree = compat.compositor_tree(stage)
    before, groups = snapshot(tree), len(bpy.data.node_groups)
    bpy.data.objects["Left"].name = "a, b"
    for kind, blocks, word in (
        ("OBJECT", (), "nothing"),
        ("OBJECT", (bpy.data.objects["a, b"],), "a, b"),
        ("IMAGE", (), "nothing"),
    ):
        with pytest.raises(InputError, match=word) as error:
            add_mask(stage, kind, *blocks)
        assert error.value.next_step
    stage.render.engine = "BLENDER_WORKBENCH"
    with pytest.raises(InputError, match="Workbench"):
        add_mask(stage, "OBJECT", bpy.data.objects["Right"])
    assert snapshot(tree) == before
    assert len(bpy.data.node_groups) == groups
    assert not stage.view_layers[0].use_pass_cryptomatte_object
    with pytest.raises(InputError, match="no layer"):
        compositor.require_layer(stage, "Moon")


@pytest.mark.skipif(not compat.shares_compositor_tree(), reason="before 5.0 the tree is a part of its scene")
def test_a_linked_compositor_is_refused_in_words(stage, finished, tmp_path: Path) -> None:
    deliver(finished(), ONTO)
    library = tmp_path / "library.blend"
    bpy.data.libraries.write(str(library), {compat.compositor_tree(stage)})
    bpy.ops.wm.read_homefile(use_empty=True)
    with bpy.data.libraries.load(str(library), link=True) as (source, target):
        target.node_groups = [name for name in source.node_groups if "Compositor" in name]
    scene = bpy.context.scene
    compat.set_compositor_tree(scene, target.node_groups[0])
    assert chain.list_layers(scene)
    for change in (
        lambda: deliver(finished(), LAYER),
        lambda: compositor.require_layer(scene),
        lambda: compositor.refresh(scene),
        lambda: compositor.remove(scene),
    ):
        with pytest.raises(InputError, match="linked from another file"):
            change()


def test_an_answer_to_a_change_goes_into_the_layer_that_was_changed(stage, finished) -> None:
    first = finished(flat(10))
    deliver(first, ONTO)
    deliver(finished(flat(20)), LAYER)
    low, high = chain.list_layers(stage)
    deliver(finished(flat(30), continues=first.id), ONTO)
    assert chain.list_layers(stage) == [low, high]
    assert len(compositor.versions.list_versions(low.node_tree)) == 2
    deliver(finished(flat(40)), ONTO)
    assert len(compositor.versions.list_versions(high.node_tree)) == 2


def test_a_missing_image_is_named(stage, finished, tmp_path: Path) -> None:
    generation = finished(flat(10))
    deliver(generation, ONTO)
    assert compositor.refresh(stage) == ()
    Path(bpy.path.abspath(compositor.group_node(stage).node_tree.nodes["Image"].image.filepath)).unlink()
    assert any("missing" in note and ".png" in note for note in compositor.refresh(stage))


def test_a_layer_can_be_undone_when_it_fails(stage) -> None:
    tree = compat.attach_compositor_tree(stage, "Mine")
    before, groups = snapshot(tree), len(bpy.data.node_groups)
    image = bpy.data.images.new("Picture", 8, 8)
    with ExitStack() as undo:
        compositor.apply(image, (0, 0, 1, 1), stage, DeliveryLog(), undo, as_layer=True)
        assert chain.list_layers(stage)
    assert snapshot(tree) == before
    assert len(bpy.data.node_groups) == groups
