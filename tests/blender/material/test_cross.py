# SPDX-License-Identifier: GPL-3.0-or-later
"""The seam of a tile, repaired by a paid edit of its edges: what is sent, what stays, what becomes of the material."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import bpy
import numpy as np
import pytest
from PIL import Image, ImageChops

from devtools.simulator.server import Simulator
from nano_banana_addon import cli
from nano_banana_addon.blender.deliver.clean_up import clean_up
from nano_banana_addon.blender.deliver.pbr import pbr_material
from nano_banana_addon.blender.host import folders
from nano_banana_addon.core.constants import State
from nano_banana_addon.core.errors import ErrorKind, InputError, NanoBananaError
from nano_banana_addon.core.text.prompts import compose
from nano_banana_addon.features.edit import masked_edit
from nano_banana_addon.features.generation import request_builder, scene_settings
from nano_banana_addon.features.history import lookup
from nano_banana_addon.features.material import cross, made_material, prices
from nano_banana_addon.session import apply_result, panel_state
from nano_banana_addon.simulator.painting import cross as cross_painter
from nano_banana_addon.simulator.painting.job import PaintJob
from nano_banana_addon.storage.files import material_files

from ..flow.conftest import KEY, google, turned, wait  # noqa: F401 - fixtures
from .conftest import SIDE, make
from .test_from_image import turn

pytestmark = pytest.mark.usefixtures("google")
ARM = SIDE // 12
#: A choice by which the tile has the seam of its image.
RAW = {"seamless": False, "remove_light": False}


class Painter:
    """What the model makes of what it is sent."""

    def __init__(self) -> None:
        self.answer: Callable[[PaintJob], Image.Image] = cross_painter.paint
        self.sent: list[Image.Image] = []

    def __call__(self, job: PaintJob) -> Image.Image:
        self.sent = [Image.open(io.BytesIO(data)).convert("RGB") for data in job.images]
        return self.answer(job)


@pytest.fixture
def painter() -> Painter:
    return Painter()


@pytest.fixture
def server(painter: Painter) -> Iterator[Simulator]:
    """The strict server with that painter."""
    with Simulator(painter=painter, keys=frozenset({KEY})) as running:
        yield running


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    """Fine stones that get brighter to the right: the edges do not meet."""
    rng = np.random.default_rng(8)
    coarse = np.kron(rng.integers(40, 150, (32, 32, 3)), np.ones((4, 4, 1)))
    pixels = np.clip(coarse + np.linspace(0, 90, SIDE)[None, :, None], 0, 255).astype(np.uint8)
    path = tmp_path / "Old Stones.png"
    Image.fromarray(pixels).save(path)
    return path


def order(material: bpy.types.Material | None, **choices: Any) -> request_builder.Order:
    """What the button orders."""
    settings = scene_settings.settings_of(bpy.context.scene).replace_choices({"image_size": "1K", **choices})
    return masked_edit.cut(cross.read(bpy.context, settings, material))


def count_paid(server: Simulator) -> int:
    return len([r for r in server.requests if r.method == "POST"])


def read_colour(material: bpy.types.Material) -> np.ndarray:
    tree = pbr_material.find_node(material).node_tree
    image = next(node.image for node in tree.nodes if node.label == "Base Color")
    return np.asarray(Image.open(bpy.path.abspath(image.filepath)).convert("RGB"))


def repair(material: bpy.types.Material, wait: Callable[[], None]) -> Any:  # noqa: F811
    (id_,) = request_builder.submit(order(material))
    wait()
    return lookup.find(id_)


def test_the_seam_is_in_the_middle_of_what_is_sent(picture: Path, sphere: bpy.types.Object) -> None:
    material, _ = make(picture, **RAW)
    (request,) = order(material).requests
    assert [each.role for each in request.references] == ["GUIDE", "STRUCTURE"]
    from nano_banana_addon.imaging.formats.raw import read_raw

    sent = read_raw(Path(request.references[1].path)).astype(float).mean(axis=2)
    jumps = np.abs(np.diff(sent, axis=1)).mean(axis=0)
    # Stones are 32 across; the one place that is not like the others is where the edges meet.
    smooth = sent.reshape(sent.shape[0], -1, 32).mean(axis=2).mean(axis=0)
    assert abs(int(np.abs(np.diff(smooth)).argmax()) - len(smooth) // 2) <= 1, jumps
    text = compose(request)
    assert "two lines" not in text
    assert "red line around" in text
    assert "moved by half its width" in text
    assert request.region.wraps


def test_only_the_edges_change_and_they_meet(
    picture: Path,
    sphere: bpy.types.Object,
    wait: Callable[[], None],  # noqa: F811
    server: Simulator,
) -> None:
    material, _ = make(picture, size_m=0.7, **RAW)
    assert made_material.find(bpy.context).excess > 1
    before = read_colour(material)
    done = repair(material, wait)
    assert done.state is State.DONE, done
    repaired = sphere.active_material
    assert repaired not in {material, None}, panel_state.get_properties().notice
    after = read_colour(repaired)
    inner = slice(ARM, SIDE - ARM)
    assert np.array_equal(after[inner, inner], before[inner, inner])
    assert np.array_equal(np.asarray(Image.open(done.picture.path).convert("RGB")), after)
    assert (after != before).any()
    columns = (
        np.abs(after[:, 0].astype(float) - after[:, -1]).mean(),
        np.abs(before[:, 0].astype(float) - before[:, -1]),
    )
    assert columns[0] < columns[1].mean() / 2
    found = made_material.find(bpy.context)
    assert found.excess < 1.1
    assert "generated to meet" in found.report
    assert pbr_material.find_node(repaired).inputs["Size"].default_value == pytest.approx(0.7)
    assert count_paid(server) == 1


def test_the_material_before_stays_and_comes_back(
    picture: Path,
    sphere: bpy.types.Object,
    wait: Callable[[], None],  # noqa: F811
) -> None:
    mine = sphere.active_material
    material, _ = make(picture, roughness=0.25, **RAW)
    pbr_material.find_node(material).inputs["Normal"].default_value = 0.4
    bpy.context.scene.nano_banana.material.roughness = 0.9
    sphere.data.materials.append(material)  # in a second slot, too
    maps = {image.filepath for image in bpy.data.images}
    repair(material, wait)
    repaired = sphere.active_material
    assert [slot.material for slot in sphere.material_slots] == [repaired, repaired]
    assert material.name in bpy.data.materials
    assert maps <= {image.filepath for image in bpy.data.images}
    assert pbr_material.find_node(repaired).inputs["Normal"].default_value == pytest.approx(0.4)
    assert made_material.read_settings(
        bpy.context, pbr_material.find_node(repaired), repaired
    ).roughness == pytest.approx(0.25)
    clean_up(images=False)
    assert sphere.material_slots[0].material == mine


def test_a_tile_that_was_joined_is_sent_with_its_own_seam(picture: Path, sphere: bpy.types.Object) -> None:
    material, _ = make(picture)
    maps = material_files.find_base(folders.home(), made_material.find_maps(material, pbr_material.find_node(material)))
    (request,) = order(material).requests
    assert Path(request.region.image).read_bytes() == Path(maps.files.get("seam") or maps.files["diff"]).read_bytes()
    assert (maps.report.repair in {"cut", "blend"}) == ("seam" in maps.files)


@pytest.mark.parametrize("answer", ["another", "refused"])
def test_an_answer_that_is_no_tile_is_kept_and_changes_nothing(
    answer: str,
    picture: Path,
    sphere: bpy.types.Object,
    wait: Callable[[], None],  # noqa: F811
    painter: Painter,
) -> None:
    def paint(job: PaintJob) -> Image.Image:
        noise = np.random.default_rng(1).integers(0, 255, (9, 9, 3), dtype=np.uint8)
        return Image.fromarray(noise).resize((job.width, job.height), Image.Resampling.BICUBIC)

    painter.answer = paint
    material, _ = make(picture, **RAW)
    plain = order(material)
    if answer == "refused":
        from dataclasses import replace

        (request,) = plain.requests
        plain = replace(plain, requests=(replace(request, prompt=request.prompt + " [[sim:no_image]]"),))
    (id_,) = request_builder.submit(plain)
    wait()
    done = lookup.find(id_)
    assert done.state is not State.DONE or done.picture is None
    assert sphere.active_material == material
    if answer == "another":
        assert done.answer.pictures, "what was paid is kept"


def test_a_model_that_moves_and_darkens_all_is_put_right(
    picture: Path,
    sphere: bpy.types.Object,
    wait: Callable[[], None],  # noqa: F811
    painter: Painter,
) -> None:
    painter.answer = lambda job: ImageChops.offset(cross_painter.paint(job), 9, -6).point(lambda v: round(v * 0.9))
    material, _ = make(picture, **RAW)
    before = read_colour(material)
    repair(material, wait)
    after = read_colour(sphere.active_material)
    inner = slice(ARM, SIDE - ARM)
    assert np.array_equal(after[inner, inner], before[inner, inner])
    ring = np.abs(after[ARM : ARM + 1, inner].astype(float).mean() - after[ARM - 1 : ARM, inner].astype(float).mean())
    assert ring < 12


def test_what_cannot_be_repaired_is_told_before_paying(
    tmp_path: Path,
    picture: Path,
    sphere: bpy.types.Object,
    server: Simulator,
) -> None:
    with pytest.raises(InputError, match="no material"):
        order(sphere.active_material)
    Image.new("RGB", (SIDE, SIDE), (120, 110, 90)).save(tmp_path / "plain.png")
    even, _ = make(tmp_path / "plain.png", **RAW)
    with pytest.raises(InputError, match="so even"):
        order(even)
    material, _ = make(picture, **RAW)
    for path in (folders.home() / "materials").iterdir():
        (path / "material.json").unlink(missing_ok=True)
    with pytest.raises(InputError, match="no longer there"):
        order(material)
    assert count_paid(server) == 0


@pytest.mark.parametrize("gone", ["image", "material", "object", "packed"])
def test_what_is_deleted_while_it_is_generated_loses_nothing(
    gone: str,
    picture: Path,
    sphere: bpy.types.Object,
    wait: Callable[[], None],  # noqa: F811
) -> None:
    image = bpy.data.images.load(str(picture))
    if gone == "packed":
        image.pack()
        picture.unlink()
    material, _ = make(image, **RAW)
    (id_,) = request_builder.submit(order(material))
    if gone == "image":
        bpy.data.images.remove(image)
        picture.unlink()
    elif gone == "material":
        bpy.data.materials.remove(material)
    elif gone == "object":
        bpy.data.objects.remove(sphere)
    wait()
    assert lookup.find(id_).state is State.DONE
    assert [m for m in bpy.data.materials if m.name.endswith("repaired")], panel_state.get_properties().notice


def test_a_linked_material_is_repaired_as_a_new_one(
    picture: Path,
    sphere: bpy.types.Object,
    wait: Callable[[], None],  # noqa: F811
    tmp_path: Path,
) -> None:
    name = make(picture, **RAW)[0].name
    blend = tmp_path / "library.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(blend))
    bpy.ops.wm.read_homefile(use_factory_startup=True, use_empty=True)
    with bpy.data.libraries.load(str(blend), link=True) as (_found, wanted):
        wanted.materials = [name]
    bpy.ops.mesh.primitive_uv_sphere_add()
    obj = bpy.context.object
    obj.data.materials.append(bpy.data.materials[name])
    repair(obj.active_material, wait)
    assert obj.active_material.library is None
    assert obj.active_material.name.endswith("repaired")


@pytest.mark.skipif(sys.platform == "win32", reason="there is no limit of a file's size")
def test_a_full_disk_leaves_the_material_and_the_paid_image(
    picture: Path,
    sphere: bpy.types.Object,
    wait: Callable[[], None],  # noqa: F811
    server: Simulator,
) -> None:
    import resource

    material, _ = make(picture, **RAW)
    done = repair(material, wait)
    turn()  # the thread that waits for the process
    folder = material_files.find_maps(folders.home(), done.picture.sha256, done.request.delivery)
    (folder / "material.json").unlink()
    bpy.data.materials.remove(sphere.active_material)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, hard))
    try:
        with pytest.raises(NanoBananaError) as caught:
            apply_result.apply_result(done)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert caught.value.kind is ErrorKind.DISK
    apply_result.apply_result(done)
    assert sphere.active_material.name.endswith("repaired")
    assert count_paid(server) == 1


def test_the_size_is_enough_for_the_tile_and_in_the_price(picture: Path, sphere: bpy.types.Object) -> None:
    settings = scene_settings.settings_of(bpy.context.scene).replace_choices({"image_size": "1K"})
    assert [cross.choose_size(settings, side) for side in (512, 1024, 1365, 1600, 2048, 4096, 8192)] == [
        *("1K", "1K", "1K", "2K", "2K", "4K", "4K")
    ]
    bpy.context.scene.nano_banana.image_size = "1K"
    make(picture, **RAW)
    found = made_material.find(bpy.context)
    cheap = prices.estimate_cross(bpy.context, found)
    assert cheap.count == 1
    assert cheap.dollars == pytest.approx(order(sphere.active_material).estimate, rel=0.05)
    assert prices.estimate_cross(bpy.context, found._replace(pixels=4096)).dollars > 1.5 * cheap.dollars


def test_the_command_pays_only_where_it_is_needed(
    picture: Path,
    sphere: bpy.types.Object,
    server: Simulator,
    tmp_path: Path,
) -> None:
    def run(*words: str) -> tuple[int, list[dict[str, Any]]]:
        target = tmp_path / "out.jsonl"
        target.unlink(missing_ok=True)
        status = cli.main(["material", "--image", str(picture), "--size", "1K", *words, "--json", str(target)])
        return status, [json.loads(line) for line in target.read_text().splitlines()]

    with Image.open(picture) as opened:  # of another tile nothing was generated yet
        flipped = opened.transpose(Image.Transpose.FLIP_TOP_BOTTOM)
    flipped.save(picture)
    out = tmp_path / "maps"
    raw = ("--no-seamless", "--no-remove-light")
    status, (made, dry) = run(*raw, "--repair-seam", "--dry-run")
    assert (status, made["state"], dry["state"], count_paid(server)) == (0, "DONE", "DRY_RUN", 0)
    status, (made, refused) = run(*raw, "--repair-seam", "--budget", "0.01")
    assert (status, refused["error"]["kind"], count_paid(server)) == (4, "BUDGET", 0)
    status, (made, repaired) = run(*raw, "--repair-seam", "--out", str(out), "--object", sphere.name)
    assert (status, repaired["reused"], count_paid(server)) == (0, False, 1)
    assert repaired["material"] == sphere.active_material.name != made["material"]
    assert {Path(path).parent for path in repaired["files"].values()} == {out}
    assert repaired["report"]["repair"] == "generated"
    assert made["report"]["excess"] > 1
    status, (_, again) = run(*raw, "--repair-seam", "always")
    assert (status, again["reused"], count_paid(server)) == (0, True, 1)
