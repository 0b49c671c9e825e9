# SPDX-License-Identifier: GPL-3.0-or-later
"""The views of a texture, generated again in tiles: a new, sharper version with the colours of the old one."""

from __future__ import annotations

import io
import types
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import bpy
import numpy as np
import pytest
from PIL import Image

from devtools.simulator.server import Simulator
from nano_banana_addon import cli
from nano_banana_addon.blender.deliver.datablocks import versions
from nano_banana_addon.blender.deliver.material.material import group_node
from nano_banana_addon.blender.host import preferences
from nano_banana_addon.core.errors import ErrorKind, InputError, NanoBananaError
from nano_banana_addon.core.text.prompts import compose
from nano_banana_addon.features import payment
from nano_banana_addon.features.generation import scene_settings
from nano_banana_addon.features.texture import add_detail, add_view, bake_queue, job, rebake
from nano_banana_addon.features.texture.job import TextureResult
from nano_banana_addon.features.texture.maps import bake_maps, texture_info
from nano_banana_addon.features.texture.plan import TexturePlan
from nano_banana_addon.imaging.formats import xmp
from nano_banana_addon.session import session
from operators.texture.add_detail import NANO_BANANA_OT_texture_add_detail

from .conftest import TruthPainter, choose_texture_settings, pixels_of, true_map

#: Texels along the side: what is measured needs more than what is counted, told and paid.
EDGE, FEW = 1024, 256


class TilePainter:
    """Answers a tile with itself and fine stripes, moved and of another exposure; other pictures as they are, soft."""

    def __init__(self) -> None:
        self.tiles = 0
        self.answers: dict[int, Image.Image] = {}  # in place of the tile of that number, from 1

    def __call__(self, paint_job: Any) -> Image.Image:
        given = Image.open(io.BytesIO(paint_job.images[-1])).convert("RGB")
        if "only a part" not in paint_job.prompt:
            return paint(given)
        self.tiles += 1
        if self.tiles in self.answers:
            return self.answers[self.tiles]
        values = np.asarray(given.resize((paint_job.width, paint_job.height), Image.Resampling.BICUBIC), np.float32)
        y, x = np.mgrid[0 : paint_job.height, 0 : paint_job.width]
        values = values + 16 * np.sign(np.sin(1.2 * x) * np.sin(0.9 * y))[..., None]
        gain, offset = ((1.07, -5), (0.93, 5))[self.tiles % 2]
        moved = np.roll(values, ((2, -3), (-3, 2))[self.tiles % 2], axis=(0, 1))
        return Image.fromarray(np.clip(moved * gain + offset, 0, 255).astype(np.uint8))


def paint(guide: Image.Image) -> Image.Image:
    """A clay guide with soft blotches of colour where the object is."""
    values = np.asarray(guide, np.float32)
    y, x = np.mgrid[0 : guide.height, 0 : guide.width] / 40
    blotches = np.stack([np.sin(x + k) * np.cos(y - 2 * k) for k in range(3)], axis=-1) * 40
    is_object = (values != values[0, 0]).any(axis=2)[..., None]
    return Image.fromarray(np.where(is_object, np.clip(values * 0.6 + 50 + blotches, 0, 255), 30).astype(np.uint8))


@pytest.fixture
def tiles(server: Simulator, monkeypatch: pytest.MonkeyPatch, truthful: TruthPainter) -> TilePainter:
    """The server's painter, for views and tiles."""
    painter = TilePainter()
    monkeypatch.setattr(TruthPainter, "__call__", lambda _self, paint_job: painter(paint_job))
    return painter


@pytest.fixture
def textured(tiles: TilePainter, sculpture: bpy.types.Object, promised: Callable[..., TexturePlan]) -> bpy.types.Object:
    """The sculpture with a texture from two views."""
    return texture_from(2, sculpture, promised, FEW)


@pytest.fixture
def finely_textured(
    tiles: TilePainter, sculpture: bpy.types.Object, promised: Callable[..., TexturePlan]
) -> bpy.types.Object:
    """The same with as many texels as are needed to measure its detail."""
    return texture_from(2, sculpture, promised, EDGE)


def texture_from(
    count: int, shape: bpy.types.Object, promised: Callable[..., TexturePlan], edge: int
) -> bpy.types.Object:
    bpy.context.scene.nano_banana.texturing.texture_size = edge
    done = job.run(promised(count=count, guides=("CLAY",)), quiet)
    assert done.problem is None, done.problem
    bpy.context.view_layer.objects.active = shape
    return shape


def quiet(_generation: object) -> None:
    """Progress that nobody looks at."""


def prepare(**wanted: object) -> TexturePlan:
    texture = choose_texture_settings(**{"guides": ("CLAY",), **wanted})
    return add_detail.prepare(bpy.context, scene_settings.settings_of(bpy.context.scene), texture)


def add(**wanted: object) -> TextureResult:
    done = job.run(prepare(**wanted), quiet)
    assert done.problem is None, done.problem
    return done


def shown_image(obj: bpy.types.Object) -> bpy.types.Image:
    group = texture_info.group_of(obj)
    return versions.get_version(group, versions.current(group)).image


def read(image: bpy.types.Image) -> np.ndarray:
    return pixels_of(bpy.path.abspath(image.filepath))


def detail_of(pixels: np.ndarray, inside: np.ndarray) -> float:
    """The deviation, on the surface, of what is finer than some texels."""
    grey = pixels.astype(np.float32).mean(axis=2)
    return float((grey - blur(grey, 2))[inside].std())


def blur(plane: np.ndarray, reach: int) -> np.ndarray:
    for _ in range(2):
        for axis in (0, 1):
            plane = sum(np.roll(plane, step, axis) for step in range(-reach, reach + 1)) / (2 * reach + 1)
    return plane


def find_seen(obj: bpy.types.Object) -> np.ndarray:
    """The texels that the first view alone shows, not beside the border of what it sees."""
    check = bpy.data.images[f".{shown_image(obj).name} View 1"]
    values = np.array(check.pixels[:], np.float32).reshape(check.size[1], check.size[0], 4)[::-1, :, 0]
    share = np.asarray(Image.fromarray(values).resize((EDGE, EDGE), Image.Resampling.NEAREST))
    on_surface = true_map(obj, EDGE)[..., 3] > 0
    return blur(((share > 0.998) & on_surface).astype(np.float32), 8) > 0.999


def test_the_new_version_is_sharper_and_its_low_band_is_that_of_the_old_one(
    tiles: TilePainter, sculpture: bpy.types.Object, promised: Callable[..., TexturePlan]
) -> None:
    textured = texture_from(1, sculpture, promised, EDGE)
    old = shown_image(textured)
    before = read(old)
    done = add()
    image, seen = shown_image(textured), find_seen(textured)
    after = read(image)
    assert seen.sum() > 10_000
    assert image != old
    assert (read(old) == before).all(), "the old version stays"
    assert detail_of(after, seen) >= 2 * detail_of(before, seen)
    low = after.astype(np.float32) - before
    for _ in range(2):
        low = np.dstack([blur(low[..., k] * seen, 8) / np.maximum(blur(seen.astype(float), 8), 1e-3) for k in range(3)])
    assert np.abs(low[seen]).mean() <= 0.3
    assert [(drift.tiles, drift.tiles_used) for drift in done.report.drifts] == [(4, 4)]
    assert versions.count(group_node(textured.active_material).node_tree) == 2


def test_all_that_it_is_made_of_is_known_so_that_it_can_be_baked_again(textured: bpy.types.Object) -> None:
    done = add()
    assert [(drift.tiles, drift.tiles_used) for drift in done.report.drifts] == [(4, 4)] * 2
    after = read(shown_image(textured))
    again = rebake.reproject(textured, FEW)
    assert [drift.tiles_used for drift in again.drifts] == [4, 4]
    assert (read(shown_image(textured)) == after).mean() > 0.999


def test_each_request_says_what_it_is_and_shows_the_part_at_the_models_size(textured: bpy.types.Object) -> None:
    plan = prepare(guides=("CLAY", "DEPTH"))
    assert len(plan.order.requests) == 8
    assert plan.order.estimate == pytest.approx(8 * plan.order.estimate / 8)
    for request in plan.order.requests:
        assert not request.needs
        assert [r.role.value for r in request.references] == ["GUIDE", "GUIDE", "STRUCTURE"]
        shapes = {np.load(r.path).shape[:2] for r in request.references}
        assert shapes == {(512, 512)}
        text = compose(request)
        assert "only a part" in text
        assert "unpainted" not in text
        assert "Move, add and remove nothing" in text


def test_the_guide_lies_where_the_view_shows_the_object(textured: bpy.types.Object, tiles: TilePainter) -> None:
    """The views came back as their guide shows them: so the guide of a part is the part of the guide."""
    request = prepare().order.requests[0]
    guide, part = (np.load(r.path)[..., :3].astype(int) for r in request.references)
    silhouettes = [(picture != picture[0, 0]).any(axis=2) for picture in (guide, part)]
    is_object = np.abs(part - 30).max(axis=2) > 8
    assert (silhouettes[0] == is_object).mean() > 0.97


def test_a_refused_tile_and_one_of_something_else_leave_the_view_and_are_told(
    finely_textured: bpy.types.Object, tiles: TilePainter, server: Simulator
) -> None:
    before = read(shown_image(finely_textured))
    noise = np.random.default_rng(2).integers(0, 255, (512, 512, 3), dtype=np.uint8)
    tiles.answers[2] = Image.fromarray(noise)
    server.script("refusal_image_safety", times=1)
    done = add()
    assert sum(drift.tiles - drift.tiles_used for drift in done.report.drifts) == 2
    assert any("no added detail in" in note for note in done.report.notes)
    views = texture_info.list_shown_views(texture_info.group_of(finely_textured))
    assert sum(view["tiles"] - view["tiles_used"] for view in views) == 2
    inside = find_seen(finely_textured)
    assert detail_of(read(shown_image(finely_textured)), inside) > 1.5 * detail_of(before, inside)
    # Once more: only what is missing is paid.
    posts = count_posts(server)
    add()
    assert count_posts(server) == posts + 1


def count_posts(server: Simulator) -> int:
    return len([r for r in server.requests if r.method == "POST"])


def test_when_all_tiles_are_refused_nothing_changes(textured: bpy.types.Object, server: Simulator) -> None:
    image = shown_image(textured)
    server.script("refusal_image_safety", times=8)
    done = job.run(prepare(), quiet)
    assert done.report is None
    assert "None of the tiles" in done.problem.to_sentence()
    assert shown_image(textured) == image


def test_a_view_whose_image_is_gone_is_told_before_anything_is_paid(
    textured: bpy.types.Object, server: Simulator
) -> None:
    first = rebake.pictures_of(textured)[0]
    Path(first.picture.path).unlink()
    posts = count_posts(server)
    plan = prepare()
    assert len(plan.order.requests) == 4
    assert first.request.shot in " ".join(plan.order.notes)
    for image in rebake.pictures_of(textured)[1:]:
        Path(image.picture.path).unlink()
    with pytest.raises(InputError, match="does not exist any more"):
        prepare()
    assert count_posts(server) == posts


def test_an_object_without_such_a_texture_is_refused(sculpture: bpy.types.Object) -> None:
    bpy.context.view_layer.objects.active = sculpture
    with pytest.raises(InputError, match="no texture from views"):
        prepare()


def test_an_object_that_is_deleted_meanwhile_leaves_no_file(textured: bpy.types.Object, tmp_path: Path) -> None:
    plan = prepare()
    bpy.data.objects.remove(textured)
    done = job.run(plan, quiet)
    assert done.report is None
    assert done.problem is not None
    assert all(g.is_generated for g in done.generations), "what was paid is in the history"


def test_a_full_disk_leaves_the_old_version(textured: bpy.types.Object, monkeypatch: pytest.MonkeyPatch) -> None:
    image, plan = shown_image(textured), prepare()
    folder = Path(bpy.path.abspath(image.filepath)).parent
    files = set(folder.iterdir())
    monkeypatch.setattr(xmp, "write_derived", fail_to_write)
    done = job.run(plan, quiet)
    assert done.report is None
    assert done.problem.kind is ErrorKind.DISK
    assert shown_image(textured) == image
    assert set(folder.iterdir()) == files
    monkeypatch.undo()
    made = [g for g in done.generations if g.is_generated]
    assert rebake.bake_result(made[0]).textures, "what was paid can be baked later"


def fail_to_write(*_arguments: Any) -> None:
    raise NanoBananaError(ErrorKind.DISK, "The disk is full.")


def test_a_cancelled_bake_changes_nothing_and_can_be_done_later(textured: bpy.types.Object) -> None:
    made = [g for g in add().generations if g.is_generated]
    image, before = shown_image(textured), read(shown_image(textured))
    bake_queue.push(rebake.pictures_of(textured))
    while not (text := bpy.context.window_manager.nano_banana.baking).startswith("Adding detail"):
        bake_queue.step()
    assert "tile" in text
    bake_queue.cancel()
    assert not bake_queue.count_pending()
    assert shown_image(textured) == image
    assert (read(image) == before).all()
    report = rebake.bake_result(made[-1])
    assert [drift.tiles_used for drift in report.drifts] == [4, 4]


def test_a_view_generated_again_loses_its_tiles_and_the_other_keeps_them(textured: bpy.types.Object) -> None:
    add()
    plan = rebake.plan_regeneration(textured, 1)
    assert len(plan.order.requests) == 1
    assert plan.order.requests[0].texture.shown[0].detail is None
    done = job.run(plan, quiet, again=True)
    assert [(drift.tiles, drift.tiles_used) for drift in done.report.drifts] == [(4, 4), (0, 0)]


IMPOSSIBLE: list[dict[str, Any]] = [
    *({"box": box} for box in ((float("nan"),) * 4, (-1e9, 0, 1e9, 1), (0.5, 0, 0.5, 1))),
    *({"number": 99}, {"number": -1}, {"per_side": 10**6}, {"per_side": 0}),
]


def test_a_tile_with_impossible_numbers_is_left_out(textured: bpy.types.Object) -> None:
    """As a history from elsewhere may have them."""
    plan = prepare(detail_tiles=1)
    request = plan.order.requests[0]
    (shown,) = request.texture.shown
    for wrong in IMPOSSIBLE:
        bad = replace(shown, detail=replace(shown.detail, **wrong))
        image = replace(plan.existing[0], request=replace(request, texture=replace(request.texture, shown=(bad,))))
        maps = bake_maps.bake_maps([*plan.existing, image], 64)
        assert [drift.tiles_used for drift in maps.drifts] == [0, 0], wrong


def test_the_button_tells_the_price_of_all_tiles(textured: bpy.types.Object) -> None:
    told = payment.estimate_detail(bpy.context, texture_info.group_of(textured))
    plan = prepare(guides=choose_texture_settings().guides)
    assert told.count == len(plan.order.requests) == 8
    assert told.dollars == pytest.approx(plan.order.estimate, rel=0.1)
    settings = scene_settings.settings_of(bpy.context.scene).replace_choices({"service_tier": "BATCH"})
    texture = choose_texture_settings(guides=("CLAY",))
    half = add_detail.prepare(bpy.context, settings, texture)
    assert half.order.estimate == pytest.approx(prepare().order.estimate / 2, rel=0.05)
    assert {request.service_tier for request in half.order.requests} == {"batch"}


@pytest.fixture
def unasked() -> Iterator[None]:
    """Nothing is so dear that it is asked about."""
    chosen = preferences.get_preferences()
    before, chosen.confirm_above = chosen.confirm_above, 1000.0
    yield
    chosen.confirm_above = before


def press() -> None:
    """What the button does with a window: it returns at once, and one step is carried out at each turn."""
    settings, texture = scene_settings.settings_of(bpy.context.scene), choose_texture_settings(guides=("CLAY",))
    steps = add_detail.prepare_steps(bpy.context, settings, texture)
    button = types.SimpleNamespace(again=False, build_steps=lambda _context: steps)
    with bake_queue.stepped():
        NANO_BANANA_OT_texture_add_detail.start(button, bpy.context)


def test_the_button_draws_a_tile_at_a_turn_and_can_be_cancelled_before_anything_is_sent(
    textured: bpy.types.Object, tiles: TilePainter, server: Simulator
) -> None:
    state, sent = bpy.context.window_manager.nano_banana, len(server.requests)
    press()
    drawn: list[tuple[float, str]] = []
    while len(drawn) < 3:
        bake_queue.step()
        if state.baking.startswith("Drawing"):
            drawn.append((state.baking_fraction, state.baking))
    assert [text.rpartition(" ")[2] for _, text in drawn] == ["1", "2", "3"]
    assert 0 < drawn[0][0] < drawn[1][0] < drawn[2][0] < 1
    bpy.ops.nano_banana.texture_cancel_bake()
    assert not bake_queue.count_pending()
    assert "nothing was sent" in state.notice
    assert (len(server.requests), tiles.tiles) == (sent, 0)
    assert not session.current().under_way


def test_what_is_drawn_for_another_file_is_not_sent(textured: bpy.types.Object, server: Simulator) -> None:
    sent = len(server.requests)
    press()
    bake_queue.step()
    bpy.ops.wm.read_homefile(use_empty=True)
    bake_queue.step()
    assert not bake_queue.count_pending()
    assert "another file" in bpy.context.window_manager.nano_banana.notice
    assert len(server.requests) == sent


def test_tiles_that_were_drawn_in_steps_are_sent_as_those_of_a_script(
    textured: bpy.types.Object, tiles: TilePainter, unasked: None
) -> None:
    press()
    while bake_queue.count_pending():
        bake_queue.step()
    assert len(session.current().under_way) == len(prepare().order.requests) == 8


def test_a_sheets_views_become_as_sharp_as_their_own_images(
    tiles: TilePainter, sculpture: bpy.types.Object, promised: Callable[..., TexturePlan]
) -> None:
    bpy.context.scene.nano_banana.texturing.texture_size = EDGE
    bpy.context.view_layer.objects.active = sculpture
    assert job.run(promised(count=4, guides=("CLAY",), mode="SHEET"), quiet).problem is None
    before = read(shown_image(sculpture))
    done = add(detail_tiles=1)
    assert [drift.tiles_used for drift in done.report.drifts] == [1] * 4
    inside = find_seen(sculpture)
    assert detail_of(read(shown_image(sculpture)), inside) >= 2 * detail_of(before, inside)


def test_of_an_added_view_only_what_it_shows_becomes_finer(finely_textured: bpy.types.Object) -> None:
    data = bpy.data.cameras.new("Front")
    camera = bpy.data.objects.new("Front", data)
    camera.location, camera.rotation_euler = (0.6, -5.0, 0.4), (1.49, 0, 0.12)
    bpy.context.scene.collection.objects.link(camera)
    bpy.context.view_layer.update()
    texture = choose_texture_settings(guides=("CLAY",), cameras=("Front",))
    plan = add_view.prepare(bpy.context, scene_settings.settings_of(bpy.context.scene), texture)
    done = job.run(plan, quiet)
    assert done.problem is None, done.problem
    before = read(shown_image(finely_textured))
    done = add()
    after = read(shown_image(finely_textured))
    assert [(drift.tiles, drift.tiles_used) for drift in done.report.drifts] == [(4, 4)]
    changed = (after != before).any(axis=2)
    assert 0.03 < changed.mean() < 0.4
    assert detail_of(after, changed) > 1.5 * detail_of(before, changed)


def test_the_command_adds_detail(textured: bpy.types.Object, server: Simulator, tmp_path: Path) -> None:
    target = tmp_path / "out.jsonl"
    words = ["texture", "--add-detail", "--object", textured.name, "--guides", "clay", "--detail-tiles", "1"]
    words += ["--base-url", server.base_url, "--json", str(target)]
    before = count_posts(server)
    assert cli.main([*words, "--dry-run"]) == 0
    assert len(target.read_text().splitlines()) == 2
    assert count_posts(server) == before
    assert cli.main([*words, "--budget", "0.01"]) == 4
    assert cli.main(words) == 0
    assert count_posts(server) == before + 2
    assert [view["tiles_used"] for view in texture_info.list_shown_views(texture_info.group_of(textured))] == [1, 1]


def test_requests_survive_the_end_of_blender_as_ordinary_ones(textured: bpy.types.Object) -> None:
    """Read from the store again they know all that the bake needs."""
    done = add()
    for generation in session.current().store.many([g.id for g in done.generations]):
        detail = generation.request.texture.shown[0].detail
        assert detail.draft in {image.generation for image in generation.request.texture.earlier}
        assert detail == next(g for g in done.generations if g.id == generation.id).request.texture.shown[0].detail
        assert replace(detail, number=0).count == 4
