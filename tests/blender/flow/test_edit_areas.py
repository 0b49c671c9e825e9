# SPDX-License-Identifier: GPL-3.0-or-later
"""Areas by Blender's own means, and parts of a result of the camera generated again."""

from __future__ import annotations

import io
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import bpy
import numpy as np
import pytest
from PIL import Image

from devtools.simulator.server import Simulator
from nano_banana_addon import cli
from nano_banana_addon.blender.guides.mask_shape import draw_mask_shape
from nano_banana_addon.core.constants import State
from nano_banana_addon.core.errors import InputError
from nano_banana_addon.core.result import Generation
from nano_banana_addon.features.edit import areas, masked_edit, view_result
from nano_banana_addon.features.generation import request_builder, scene_settings
from nano_banana_addon.session import background_tasks, panel_state
from nano_banana_addon.simulator.painting.job import PaintJob
from operators import edit as edit_operators

from .conftest import KEY, latest


def repaint(job: PaintJob) -> Image.Image:
    """Blotches for a restyle; of a crop the negative, so that all of an area changes and nothing beside it."""
    if "neon alley" in job.prompt:
        coarse = np.random.default_rng(3).integers(40, 210, (24, 42, 3), dtype=np.uint8)
        return Image.fromarray(coarse).resize((job.width, job.height), Image.Resampling.BICUBIC)
    marked, sent = (np.asarray(Image.open(io.BytesIO(data)).convert("RGB")).astype(int) for data in job.images[-2:])
    line = (np.abs(marked - sent).max(axis=2) > 60).astype(np.uint8)
    rows, columns = (np.flatnonzero(line.any(axis=axis)) for axis in (1, 0))
    sent[rows[0] : rows[-1], columns[0] : columns[-1]] = 255 - sent[rows[0] : rows[-1], columns[0] : columns[-1]]
    return Image.fromarray(sent.astype(np.uint8)).resize((job.width, job.height))


@pytest.fixture
def server() -> Iterator[Simulator]:
    """The strict server with that painter."""
    with Simulator(painter=repaint, keys=frozenset({KEY})) as running:
        yield running


@pytest.fixture
def result(scene: bpy.types.Scene) -> Generation:
    """A result of the camera, shown in the list."""
    ids = request_builder.submit(request_builder.prepare(bpy.context, scene_settings.settings_of(scene)))
    done = request_builder.wait_and_deliver(ids)[0]
    panel_state.show_job(done)  # as the timer does
    return done


@pytest.fixture
def polygon() -> Iterator[bpy.types.Mask]:
    """The left half of the middle, as a mask of Blender."""
    mask = bpy.data.masks.new("Half")
    spline = mask.layers.new(name="Layer").splines.new()
    spline.points.add(3)  # it has one
    for point, place in zip(spline.points, ((0.25, 0.25), (0.5, 0.25), (0.5, 0.75), (0.25, 0.75)), strict=False):
        point.handle_type, point.co = "VECTOR", place
    spline.use_cyclic = True
    yield mask
    bpy.data.masks.remove(mask)


def pixels(path: str | Path) -> np.ndarray:
    return np.asarray(Image.open(path).convert("RGB"))


def find_changed(before: Generation, after: Generation) -> tuple[int, int, int, int]:
    """Left, top, right, bottom of the pixels that differ."""
    changed = (pixels(before.picture.path) != pixels(after.picture.path)).any(axis=2)
    rows, columns = np.flatnonzero(changed.any(axis=1)), np.flatnonzero(changed.any(axis=0))
    return columns[0], rows[0], columns[-1] + 1, rows[-1] + 1


def set_region(left: float, bottom: float, right: float, top: float) -> None:
    render = bpy.context.scene.render
    render.use_border = True
    render.border_min_x, render.border_min_y, render.border_max_x, render.border_max_y = left, bottom, right, top


def edit_view(part: str = "BOX") -> Generation:
    assert bpy.ops.nano_banana.edit_view(prompt="a red door", edit_part=part, again=True) == {"FINISHED"}
    panel_state.show_job(latest())
    return latest()


def test_a_mask_of_blender_becomes_pixels_where_it_is_drawn(scene: bpy.types.Scene, polygon: bpy.types.Mask) -> None:
    kept = [len(blocks) for blocks in (bpy.data.scenes, bpy.data.node_groups, bpy.data.images)]
    drawn = draw_mask_shape(bpy.context, polygon, (400, 400))
    assert drawn.shape == (400, 400)
    full = drawn == 255
    rows, columns = np.flatnonzero(full.any(axis=1)), np.flatnonzero(full.any(axis=0))
    assert (columns[0], columns[-1], rows[0], rows[-1]) == pytest.approx((100, 199, 100, 299), abs=2)
    assert not drawn[:, 210:].any()
    assert [len(blocks) for blocks in (bpy.data.scenes, bpy.data.node_groups, bpy.data.images)] == kept
    polygon.layers[0].alpha = 0.5  # a share is not made brighter on the way
    assert int(draw_mask_shape(bpy.context, polygon, (400, 400))[200, 150]) == pytest.approx(128, abs=2)


def test_a_mask_of_blender_on_a_wide_image_lies_where_the_editor_shows_it(
    scene: bpy.types.Scene, result: Generation, polygon: bpy.types.Mask
) -> None:
    image = view_result.find_image(result)
    scene.nano_banana.edit_area = "MASK"
    with pytest.raises(InputError, match="No mask is chosen"):
        areas.read(context_of(image), scene_settings.settings_of(scene))
    scene.nano_banana.edit_mask = polygon
    _, area = areas.read(context_of(image), scene_settings.settings_of(scene))
    width, height = image.size
    drawn = area((width, height))
    columns = np.flatnonzero(drawn.any(axis=0))
    assert (columns[0], columns[-1] + 1) == pytest.approx((width * 0.25, width * 0.5), abs=2)


def context_of(image: bpy.types.Image | None) -> SimpleNamespace:
    """The context of an Image Editor that shows an image."""
    space = SimpleNamespace(image=image, mask=None)
    context = bpy.context
    names = ("scene", "view_layer", "selected_objects", "window_manager", "preferences", "evaluated_depsgraph_get")
    return SimpleNamespace(space_data=space, **{name: getattr(context, name) for name in names})


@pytest.mark.full_size
def test_the_selected_objects_are_where_the_result_shows_them(scene: bpy.types.Scene, result: Generation) -> None:
    image = view_result.find_image(result)
    cube = bpy.context.selected_objects[0]
    bpy.ops.mesh.primitive_cube_add(size=0.5, location=(0.25, -1.0, 0.0))  # hides a part of it
    front = bpy.context.object
    area = {}
    for name, shown in (("cube", cube), ("front", front)):
        area[name] = areas.draw_objects(bpy.context, {shown.name_full}, result)(tuple(image.size))
    width, height = image.size
    assert area["front"][height // 2, round(width * 0.57)]
    assert not area["cube"][height // 2, round(width * 0.59)]
    assert area["cube"][height // 2, round(width * 0.45)]
    assert not area["cube"][:, : round(width * 0.27)].any()
    front.location.x = 50
    with pytest.raises(InputError, match="does not show these objects"):
        areas.draw_objects(bpy.context, {front.name_full}, result)


def test_objects_are_not_looked_for_in_an_image_of_something_else(scene: bpy.types.Scene) -> None:
    image = bpy.data.images.new("Other", 64, 64)
    with pytest.raises(InputError, match="no result of a camera"):
        areas.draw_objects(bpy.context, {"Cube"}, areas.find_origin(image))


@pytest.mark.full_size
@pytest.mark.parametrize("part", ["BOX", "OBJECTS"])
def test_a_part_of_the_view_is_generated_again_and_nothing_else_of_it(
    scene: bpy.types.Scene, server: Simulator, result: Generation, part: str
) -> None:
    set_region(0.2, 0.3, 0.4, 0.6)
    done = edit_view(part)
    left, top, right, bottom = find_changed(result, done)
    width, height = result.picture.width, result.picture.height
    place = (left / width, top / height, right / width, bottom / height)
    wanted = (0.2, 0.4, 0.4, 0.7) if part == "BOX" else (0.33, 0.2, 0.67, 0.8)
    assert place == pytest.approx(wanted, abs=0.02 if part == "BOX" else 0.1)
    assert done.request.region.canvas[0] / (done.request.region.box[2] - done.request.region.box[0]) >= 1


def test_the_next_part_goes_into_what_the_last_one_made(scene: bpy.types.Scene, result: Generation) -> None:
    set_region(0.2, 0.3, 0.4, 0.6)
    first = edit_view()
    set_region(0.7, 0.3, 0.9, 0.6)
    second = edit_view()
    left = find_changed(first, second)[0]
    assert left > first.picture.width * 0.65
    assert view_result.find_result(bpy.context).name == second.id
    assert find_changed(result, second)[0] < first.picture.width * 0.25  # it has both


def test_a_result_is_edited_only_as_its_camera_saw_it(
    scene: bpy.types.Scene, server: Simulator, result: Generation
) -> None:
    set_region(0.2, 0.3, 0.4, 0.6)
    before = len(server.requests)
    camera = scene.camera
    for change, back, words in (
        (lambda: setattr(camera.location, "x", 0.1), lambda: setattr(camera.location, "x", 0.0), "has moved"),
        (lambda: setattr(camera.data, "lens", 80), lambda: setattr(camera.data, "lens", 50), "has moved"),
        (lambda: scene.frame_set(9), lambda: scene.frame_set(1), "shows frame 1"),
        (lambda: setattr(scene.render, "use_border", False), lambda: None, "no render region"),
    ):
        change()
        with pytest.raises(RuntimeError, match=words):
            bpy.ops.nano_banana.edit_view(prompt="a red door")
        back()
    scene.camera = None
    assert view_result.find_blocker(bpy.context) == "The scene has no camera."
    other = scene.camera = bpy.data.objects.new("Other", bpy.data.cameras.new("Other"))
    assert "no result of Other" in view_result.find_blocker(bpy.context)
    bpy.data.objects.remove(other)
    assert len(server.requests) == before


def test_a_deleted_camera_takes_no_area_of_objects_along(scene: bpy.types.Scene, result: Generation) -> None:
    bpy.data.objects.remove(scene.camera)
    bpy.context.view_layer.update()
    area = areas.draw_objects(bpy.context, areas.list_selection(bpy.context), result)
    assert area((320, 180)).any()


@pytest.fixture
def finished() -> Callable[[], None]:
    """Wait as the window's timer does until the background task has ended."""

    def wait() -> None:
        end = time.monotonic() + 60
        while background_tasks._poll() is not None:
            assert time.monotonic() < end
            time.sleep(0.02)

    return wait


def press(draft: Callable[[], masked_edit.Draft]) -> None:
    operator = SimpleNamespace(read=lambda _context: draft(), again=False)
    edit_operators.EditOperator.start(operator, bpy.context)


def test_the_button_returns_before_the_image_is_read_and_an_error_comes_before_anything_is_paid(
    scene: bpy.types.Scene, server: Simulator, finished: Callable[[], None], tmp_path: Path
) -> None:
    path = tmp_path / "plain.png"
    Image.new("RGB", (640, 400), (90, 90, 90)).save(path)
    settings = scene_settings.settings_of(scene)
    before = len(server.requests)
    press(lambda: masked_edit.read(bpy.context, settings, path, areas.draw_box((0.4, 0.4, 0.6, 0.6))))
    assert areas.find_blocker(bpy.context).startswith("Wait until")
    finished()
    assert "nothing by which" in panel_state.get_properties().notice
    assert not background_tasks.is_running()
    assert len(server.requests) == before


def test_an_edit_from_the_button_is_sent_when_it_was_cut_out(
    scene: bpy.types.Scene, result: Generation, finished: Callable[[], None], turned: Callable[..., None]
) -> None:
    settings = scene_settings.settings_of(scene).replace_choices({"prompt": "a red door"})
    image = view_result.find_image(result)
    press(lambda: masked_edit.read(bpy.context, settings, image, areas.draw_box((0.4, 0.4, 0.6, 0.6)), origin=result))
    finished()
    shown = panel_state.get_properties()
    assert not shown.notice
    turned(lambda: shown.results[0].name != result.id and shown.results[0].state == State.DONE)


@pytest.fixture
def run(server: Simulator, tmp_path: Path) -> Callable[..., tuple[int, list[dict[str, Any]]]]:
    """Run the command `edit`: its status, and the objects that it wrote."""

    def run_command(*words: str) -> tuple[int, list[dict[str, Any]]]:
        target = tmp_path / "out.jsonl"
        target.unlink(missing_ok=True)
        status = cli.main(["edit", *words, "--base-url", server.base_url, "--again", "--json", str(target)])
        lines = target.read_text().splitlines() if target.exists() else []
        return status, [json.loads(line) for line in lines]

    return run_command


@pytest.mark.parametrize(
    "area",
    [("--box", "0.2", "0.4", "0.4", "0.7"), ("--mask", "Half"), ("--object", "Cube"), ("--render-region",)],
    ids=lambda area: area[0],
)
def test_the_command_takes_each_area_of_a_result(
    run: Any, result: Generation, polygon: bpy.types.Mask, area: tuple[str, ...]
) -> None:
    bpy.context.selected_objects[0].name = "Cube"
    set_region(0.2, 0.3, 0.4, 0.6)
    status, (told,) = run("--result", result.id, *area, "--prompt", "a red door")
    assert (status, told["state"]) == (0, "DONE")
    assert (told["width"], told["height"]) == (result.picture.width, result.picture.height)
    left = find_changed(result, latest())[0] / result.picture.width
    wanted = {"--mask": 0.25, "--object": 0.29}.get(area[0], 0.2)
    assert left == pytest.approx(wanted, abs=0.03)


def test_the_command_extends_and_removes_without_words_and_says_what_is_missing(
    run: Any, result: Generation, capsys: pytest.CaptureFixture[str]
) -> None:
    bpy.context.scene.nano_banana.prompt = "a castle on a cliff"  # of the whole image, and no words for a part of it
    status, (told,) = run("--result", "last", "--mode", "remove", "--box", "0.2", "0.4", "0.4", "0.7")
    assert (status, told["state"]) == (0, "DONE")
    assert latest().request.prompt == "Remove what is in the marked area."
    for words, missing in (
        (("--prompt", "a red door"), "There is no area"),
        (("--box", "0.2", "0.4", "0.4", "0.7"), "no instruction"),
        (("--mode", "extend"), "no aspect ratio"),
        (("--object", "Nobody", "--prompt", "x"), "does not show these objects"),
    ):
        assert run("--result", result.id, *words)[0] != 0
        assert missing in capsys.readouterr().err
