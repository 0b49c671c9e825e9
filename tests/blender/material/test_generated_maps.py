# SPDX-License-Identifier: GPL-3.0-or-later
"""Roughness and metallic of a material by one further image: what is sent, what is paid, what is kept."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import bpy
import numpy as np
import pytest
from PIL import Image

from devtools.simulator.server import Simulator
from nano_banana_addon import cli
from nano_banana_addon.blender.deliver.pbr import pbr_material
from nano_banana_addon.blender.host import folders
from nano_banana_addon.core.errors import InputError
from nano_banana_addon.core.material.values import BaseMaps
from nano_banana_addon.core.material_settings import MaterialSettings
from nano_banana_addon.features.generation import request_builder, scene_settings
from nano_banana_addon.features.history import lookup
from nano_banana_addon.features.material import generate, panel_maps, prices
from nano_banana_addon.session import apply_result, panel_state, session
from nano_banana_addon.storage.files import material_files

from ..flow.conftest import google, server, turned, wait  # noqa: F401 - fixtures
from .conftest import make

pytestmark = pytest.mark.usefixtures("google")
SETTINGS = {"image_size": "1K"}


def order(material: bpy.types.Material | None) -> request_builder.Order:
    """What the button orders."""
    settings = scene_settings.settings_of(bpy.context.scene).replace_choices(SETTINGS)
    return panel_maps.prepare(bpy.context, settings, material)


def count_paid(server: Simulator) -> int:  # noqa: F811
    return len([r for r in server.requests if r.method == "POST"])


def read_maps(material: bpy.types.Material) -> dict[str, bytes]:
    """The files of a material's maps by the labels of their nodes."""
    tree = pbr_material.find_node(material).node_tree
    images = {node.label: node.image for node in tree.nodes if node.type == "TEX_IMAGE"}
    return {label: Path(bpy.path.abspath(image.filepath)).read_bytes() for label, image in images.items()}


def test_one_sheet_of_the_tile_is_sent(picture: Path, sphere: bpy.types.Object) -> None:
    (request,) = order(make(picture)[0]).requests
    assert [reference.role for reference in request.references] == ["STRUCTURE"]
    from nano_banana_addon.imaging.formats.raw import read_raw

    sheet = read_raw(Path(request.references[0].path))
    assert sheet.shape[1] > 1.3 * sheet.shape[0]
    assert request.delivery.maps_of
    assert "the ROUGHNESS of each material" in request.prompt
    assert prices.estimate_maps(bpy.context).count == 1


def test_the_answer_replaces_two_maps_of_the_same_material(
    picture: Path,
    sphere: bpy.types.Object,
    wait: Callable[[], None],  # noqa: F811
    server: Simulator,  # noqa: F811
) -> None:
    material, _ = make(picture, size_m=0.7)
    pbr_material.find_node(material).inputs["Relief"].default_value = 0.02
    before = read_maps(material)
    (id_,) = request_builder.submit(order(material))
    wait()
    assert sphere.active_material == material, panel_state.get_properties().notice
    node, after = pbr_material.find_node(material), read_maps(material)
    assert {label for label in before if before[label] != after[label]} == {"Roughness"}  # of no metal there either
    assert [round(node.inputs[name].default_value, 5) for name in ("Size", "Relief")] == [0.7, 0.02]
    assert count_paid(server) == 1
    # Applied again, after the maps were cleaned up: from the same paid image.
    base = lookup.find(id_).request.delivery.maps_of
    made = [path for path in (folders.home() / "materials").iterdir() if path.name != base.folder]
    for path in made:
        (path / "material.json").unlink(missing_ok=True)
    apply_result.apply_result(lookup.find(id_), ("PBR_MATERIAL",))
    assert read_maps(material)["Roughness"] == after["Roughness"]
    assert count_paid(server) == 1


def test_what_is_dark_in_the_answer_is_smooth_where_the_tile_is_bright(
    tmp_path: Path,
    sphere: bpy.types.Object,
    wait: Callable[[], None],  # noqa: F811
) -> None:
    pixels = np.kron(np.random.default_rng(3).integers(60, 200, (12, 12, 1)), np.ones((16, 16, 1))).astype(np.uint8)
    Image.fromarray(pixels.repeat(3, axis=2)).save(tmp_path / "blocks.png")
    material, _ = make(bpy.data.images.load(str(tmp_path / "blocks.png")), seamless=False, remove_light=False)
    request_builder.submit(order(material))
    wait()
    tree = pbr_material.find_node(material).node_tree
    images = {node.label: node.image for node in tree.nodes if node.type == "TEX_IMAGE"}
    colour, rough = (
        np.asarray(Image.open(bpy.path.abspath(images[label].filepath)).convert("L"), float)[8:-8, 8:-8]
        for label in ("Base Color", "Roughness")
    )
    assert np.corrcoef(colour.ravel(), rough.ravel())[0, 1] < -0.97


def test_what_cannot_be_done_is_told_before_paying(
    picture: Path,
    sphere: bpy.types.Object,
    server: Simulator,  # noqa: F811
) -> None:
    with pytest.raises(InputError, match="no material"):
        order(None)
    with pytest.raises(InputError, match="no material"):
        order(sphere.active_material)
    material, _ = make(picture)
    for path in (folders.home() / "materials").iterdir():
        (path / "material.json").unlink(missing_ok=True)
    with pytest.raises(InputError, match="no longer there"):
        order(material)
    assert count_paid(server) == 0


@pytest.mark.parametrize("folder", ["../../etc", "", "x" * 24, "a" * 23 + "/"])
def test_a_record_cannot_name_another_folder(picture: Path, folder: str) -> None:
    make(picture)
    with pytest.raises(InputError, match="no longer there"):
        material_files.find_base(folders.home(), BaseMaps("", folder))


def test_a_coloured_answer_is_kept_and_told(picture: Path, sphere: bpy.types.Object, wait: Callable[[], None]) -> None:  # noqa: F811
    material, _ = make(picture)
    plain: Any = order(material)
    (request,) = plain.requests
    odd = replace(request, prompt="a red house in a green field")  # another painting than asked for
    before = read_maps(material)
    (id_,) = request_builder.submit(replace(plain, requests=(odd,)))
    wait()
    assert read_maps(material) == before
    assert lookup.find(id_).picture is not None
    with pytest.raises(InputError, match="colours"):
        apply_result.apply_result(lookup.find(id_), ("PBR_MATERIAL",))


def order_both(**choices: Any) -> request_builder.Order:
    """What Generate Material orders with its option Roughness and Metallic."""
    settings = scene_settings.settings_of(bpy.context.scene).replace_choices(SETTINGS | choices)
    settings = generate.choose_settings(settings, "old red bricks", has_image=False)
    return generate.prepare(bpy.context, settings, MaterialSettings(generate_maps=True), "old red bricks")


def test_maps_that_were_ordered_with_the_material_follow_it_once(
    sphere: bpy.types.Object,
    wait: Callable[[], None],  # noqa: F811
    server: Simulator,  # noqa: F811
) -> None:
    (id_,) = request_builder.submit(order_both())
    wait()
    wait()
    assert count_paid(server) == 2
    roughness = read_maps(sphere.active_material)["Roughness"]
    plain = material_files.read_record(
        material_files.find_maps(folders.home(), lookup.find(id_).picture.sha256, lookup.find(id_).request.delivery)
    )
    assert roughness != Path(plain.files["rough"]).read_bytes()
    # Applied again it is the material as it was, and nothing more is paid.
    apply_result.apply_result(lookup.find(id_), ("PBR_MATERIAL",))
    wait()
    assert count_paid(server) == 2


@pytest.mark.parametrize("is_late", [False, True], ids=["applied by a button", "arrived after a restart"])
def test_nothing_is_paid_that_no_button_of_this_session_told(
    sphere: bpy.types.Object,
    wait: Callable[[], None],  # noqa: F811
    server: Simulator,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
    is_late: bool,
) -> None:
    ids = request_builder.submit(order_both(seed=7 + is_late))
    if is_late:
        monkeypatch.setattr(session.current(), "opened", time.time() + 1)
    else:
        monkeypatch.setattr(apply_result, "is_for_open_file", lambda _request: False)
    wait()
    if not is_late:
        apply_result.apply_result(lookup.find(ids[0]), ("PBR_MATERIAL",))
        wait()
    assert pbr_material.find_node(sphere.active_material) is not None
    assert count_paid(server) == 1


def test_of_several_variants_no_maps_are_generated(
    sphere: bpy.types.Object,
    wait: Callable[[], None],  # noqa: F811
    server: Simulator,  # noqa: F811
) -> None:
    request_builder.submit(order_both(variants=2))
    wait()
    assert count_paid(server) == 2


def test_the_price_holds_both_images(sphere: bpy.types.Object) -> None:
    group = bpy.context.scene.nano_banana.material
    one = prices.estimate_material(bpy.context)
    group.generate_maps = True
    both = prices.estimate_material(bpy.context)
    assert (one.count, both.count) == (1, 2)
    assert both.dollars == pytest.approx(one.dollars + prices.estimate_maps(bpy.context).dollars)


def test_the_operator_and_the_command_wait_for_the_maps(
    picture: Path,
    sphere: bpy.types.Object,
    server: Simulator,  # noqa: F811
    tmp_path: Path,
) -> None:
    group = bpy.context.scene.nano_banana
    group.image_size, group.material.description = "1K", "green moss"
    assert bpy.ops.nano_banana.material_generate(generate_maps=True) == {"FINISHED"}
    assert count_paid(server) == 2
    with Image.open(picture) as opened:  # for another tile nothing was generated yet
        flipped = opened.transpose(Image.Transpose.FLIP_TOP_BOTTOM)
    flipped.save(picture)
    target = tmp_path / "out.jsonl"
    words = ("material", "--image", str(picture), "--size", "1K", "--generate-maps", "--object", sphere.name)
    assert cli.main([*words, "--json", str(target)]) == 0
    made, mapped = [json.loads(line) for line in target.read_text().splitlines()]
    assert count_paid(server) == 3
    assert made["material"] == mapped["material"] == sphere.active_material.name
    assert made["files"]["rough"] != mapped["files"]["rough"]


def test_half_price_is_asked_for(sphere: bpy.types.Object, picture: Path) -> None:
    settings = scene_settings.settings_of(bpy.context.scene).replace_choices(SETTINGS)
    material, _ = make(picture)
    for build in (
        lambda s: generate.prepare(bpy.context, generate.choose_settings(s, "moss", False), MaterialSettings(), "moss"),
        lambda s: panel_maps.prepare(bpy.context, s, material),
    ):
        full, half = build(settings), build(settings.replace_choices({"service_tier": "BATCH"}))
        assert half.requests[0].service_tier == "batch"
        assert half.estimate == pytest.approx(full.estimate / 2)
