# SPDX-License-Identifier: GPL-3.0-or-later
"""A marked area of an image is changed: what goes out, what comes back, and what stays exactly as it was."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import bpy
import numpy as np
import pytest
from PIL import Image, ImageChops, ImageDraw

from devtools.simulator import solid
from devtools.simulator.server import Simulator
from nano_banana_addon.blender.deliver import replacement
from nano_banana_addon.blender.deliver.datablocks import ownership_tags
from nano_banana_addon.blender.host import preferences
from nano_banana_addon.core.constants import State
from nano_banana_addon.core.errors import InputError
from nano_banana_addon.core.result import Generation
from nano_banana_addon.core.text.prompts import compose, find_mask
from nano_banana_addon.features.conversation import continuation
from nano_banana_addon.features.edit import areas, masked_edit
from nano_banana_addon.features.generation import duplicates, request_builder, scene_settings
from nano_banana_addon.session import apply_result, session
from nano_banana_addon.simulator.painting.job import PaintJob

from .conftest import KEY, latest

SIZE = (640, 400)


def repaint(job: PaintJob) -> Image.Image:
    """What a model makes of the crop: a disc in its middle, all of it 6 pixels further to the right and darker."""
    sent = Image.open(io.BytesIO(job.images[-1])).convert("RGB")
    width, height = sent.size
    colour = (200, 40, 30) if "red" in job.prompt else (30, 60, 200)
    middle = (width * 0.45, height * 0.42, width * 0.55, height * 0.58)
    ImageDraw.Draw(sent).ellipse(middle, fill=colour)
    moved = ImageChops.offset(sent, 6, 0)
    return moved.point(lambda value: round(value * 0.95)).resize((job.width, job.height))


@pytest.fixture
def server() -> Iterator[Simulator]:
    """The strict server with a painter that changes the middle."""
    with Simulator(painter=repaint, keys=frozenset({KEY})) as running:
        yield running


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    """Blotches of all colours: there is something to hold on to everywhere."""
    coarse = np.random.default_rng(3).integers(40, 210, (25, 40, 3), dtype=np.uint8)
    path = tmp_path / "wall.png"
    Image.fromarray(coarse).resize(SIZE, Image.Resampling.BICUBIC).save(path)
    return path


@pytest.fixture
def mask(tmp_path: Path) -> Path:
    """A rectangle in the middle."""
    grey = np.zeros((SIZE[1], SIZE[0]), np.uint8)
    grey[150:260, 240:380] = 255
    path = tmp_path / "mask.png"
    Image.fromarray(grey).save(path)
    return path


def edit(image: bpy.types.Image | Path, mask: Path, **choices: object) -> Generation:
    settings = scene_settings.settings_of(bpy.context.scene).replace_choices({"prompt": "a red door", **choices})
    ids = request_builder.submit(masked_edit.cut(masked_edit.read(bpy.context, settings, image, mask)))
    return request_builder.wait_and_deliver(ids)[0]


def draw(draft: masked_edit.Draft) -> Generation:
    """Send an edit, and wait for it."""
    return request_builder.wait_and_deliver(request_builder.submit(masked_edit.cut(draft)))[0]


def edit_area(
    image: bpy.types.Image | Path, area: object, origin: Generation | None = None, **choices: object
) -> Generation:
    settings = scene_settings.settings_of(bpy.context.scene).replace_choices({"prompt": "", **choices})
    return draw(masked_edit.read(bpy.context, settings, image, area, origin=origin))


def sent_text(server: Simulator) -> str:
    return str(server.requests[-1].json["contents"])


def pixels(path: str | Path) -> np.ndarray:
    return np.asarray(Image.open(path).convert("RGB"))


def test_only_the_marked_area_changes_and_what_came_is_kept_beside_it(
    scene: bpy.types.Scene, server: Simulator, picture: Path, mask: Path
) -> None:
    done = edit(picture, mask)
    assert done.state is State.DONE
    result, marked = done.picture, pixels(mask)[..., 0] > 0
    assert result is not None
    assert (result.width, result.height) == SIZE
    before, after = pixels(picture), pixels(result.path)
    assert np.array_equal(after[~marked], before[~marked])
    assert (after[marked] != before[marked]).any()
    received = [each for each in done.answer.pictures if each is not result]
    assert [Path(each.path).is_file() for each in received] == [True]  # as it came, with its provenance
    assert bpy.data.images["wall edited"].size[:] == SIZE


def test_the_clean_crop_goes_last_in_a_size_of_the_model_and_the_marked_one_before_it(
    scene: bpy.types.Scene, server: Simulator, picture: Path, mask: Path
) -> None:
    edit(picture, mask)
    request = latest().request
    assert [each.role.value for each in request.references] == ["GUIDE", "STRUCTURE"]
    assert {(each.width, each.height) for each in request.references} == {request.region.canvas}
    text = str(server.requests[-1].json["contents"])
    assert "red line around the area" in text
    assert "a red door" in text


@pytest.mark.full_size
def test_a_model_that_takes_masks_gets_one_and_no_red_line(scene: bpy.types.Scene, picture: Path, mask: Path) -> None:
    choices = {"prompt": "a red door", "provider": "openai", "model": "CUSTOM", "custom_model": "gpt-image-1.5"}
    settings = scene_settings.settings_of(scene).replace_choices(choices)
    order = masked_edit.cut(masked_edit.read(bpy.context, settings, picture, mask, dry_run=True))
    request = order.requests[0]
    assert find_mask(request) is request.references[0]
    assert "Change only the masked area." in compose(request)
    assert "red line" not in compose(request)


def use_in_material(picture: Path) -> tuple[bpy.types.Image, bpy.types.Node]:
    """The image, and a node of a material that uses it."""
    image, material = bpy.data.images.load(str(picture)), bpy.data.materials.new("Wall")
    material.use_nodes = True
    node = material.node_tree.nodes.new("ShaderNodeTexImage")
    node.image = image
    return image, node


def test_the_edited_image_takes_the_original_s_place_everywhere_and_gives_it_back(
    scene: bpy.types.Scene, picture: Path, mask: Path
) -> None:
    image, node = use_in_material(picture)
    done = edit(image, mask)
    apply_result.apply_result(done, ("REPLACEMENT",))
    assert node.image.name == "wall.png edited"
    again = edit(node.image, mask, prompt="a blue door")
    apply_result.apply_result(again, ("REPLACEMENT",))
    assert node.image not in (image, bpy.data.images["wall.png edited"])
    bpy.ops.nano_banana.remove_applied(kind="REPLACEMENT")
    assert node.image == image


def test_another_variant_takes_the_place_of_the_one_that_was_chosen_before(
    scene: bpy.types.Scene, picture: Path, mask: Path
) -> None:
    image, node = use_in_material(picture)
    marks = bpy.data.images.new("marks", 8, 8)
    ownership_tags.set_fact(marks, replacement.MARKS_OF, image)
    first, second = edit(image, mask), edit(image, mask, prompt="a blue door")
    apply_result.apply_result(first, ("REPLACEMENT",))
    chosen = node.image
    apply_result.apply_result(second, ("REPLACEMENT",))
    assert node.image not in (image, chosen)
    assert replacement.list_edited() == [node.image]
    assert ownership_tags.get_fact(marks, replacement.MARKS_OF) == image
    bpy.ops.nano_banana.remove_applied(kind="REPLACEMENT")
    assert node.image == image


def test_continuing_an_edit_changes_the_whole_image_and_not_the_crop(
    scene: bpy.types.Scene, picture: Path, mask: Path
) -> None:
    done = edit(picture, mask)
    order = continuation.prepare(bpy.context, done.id, {"prompt": "make it night"})
    (sent,) = order.requests[0].references
    assert (sent.role.value, sent.path) == ("PREVIOUS", done.picture.path)


def test_a_mask_saved_with_opaque_alpha_counts_by_its_brightness(
    scene: bpy.types.Scene, picture: Path, mask: Path
) -> None:
    Image.open(mask).convert("RGBA").save(mask)
    assert edit(picture, mask).state is State.DONE


def test_an_original_that_is_gone_is_told_and_the_result_is_kept(
    scene: bpy.types.Scene, picture: Path, mask: Path
) -> None:
    image = bpy.data.images.load(str(picture))
    done = edit(image, mask)
    bpy.data.images.remove(image)
    with pytest.raises(InputError, match="no longer in this file"):
        apply_result.apply_result(done, ("REPLACEMENT",))
    assert session.current().store.get(done.id).is_generated


def test_an_answer_of_something_else_is_not_pasted_and_is_not_lost(
    scene: bpy.types.Scene, picture: Path, mask: Path
) -> None:
    with Simulator(painter=solid.paint, keys=frozenset({KEY})) as other:
        preferences.get_preferences().base_url = other.base_url
        ended = edit(picture, mask)
    assert ended.state is State.REFUSED
    assert "does not show the surroundings" in ended.answer.refusal.message
    assert [each.role.value for each in ended.answer.pictures] == ["DRAFT"]
    assert Path(ended.answer.pictures[0].path).is_file()


@pytest.mark.parametrize(
    ("kind", "words"),
    [("empty", "mask is empty"), ("float", "floating-point"), ("tiled", "UDIM"), ("shape", "The mask has")],
)
def test_what_cannot_be_edited_is_refused_before_anything_is_sent(
    scene: bpy.types.Scene, server: Simulator, picture: Path, mask: Path, tmp_path: Path, kind: str, words: str
) -> None:
    image: bpy.types.Image | Path = picture
    if kind in ("float", "tiled"):
        image = bpy.data.images.new("Other", 64, 64, float_buffer=kind == "float", tiled=kind == "tiled")
    if kind == "empty":
        Image.new("L", SIZE).save(mask)
    if kind == "shape":
        Image.new("L", (300, 300), 255).save(mask)
    before = len(server.requests)
    with pytest.raises(InputError, match=words):
        edit(image, mask)
    assert len(server.requests) == before


@pytest.mark.parametrize(
    ("mode", "words", "sent"),
    [("FILL", "The magenta area", 1), ("REMOVE", "show what lies behind it", 2), ("CHANGE", "inside the red line", 2)],
)
def test_each_mode_says_what_it_wants_and_changes_nothing_else(
    scene: bpy.types.Scene, server: Simulator, picture: Path, mask: Path, mode: str, words: str, sent: int
) -> None:
    done = edit(picture, mask, edit_mode=mode, prompt="a red door" if mode == "CHANGE" else "")
    assert words in sent_text(server)
    request = done.request
    assert len(request.references) == sent
    crop = pixels(request.references[-1].path)
    empty = (crop == (255, 0, 255)).all(axis=2).any()
    assert empty == (mode == "FILL")
    before, after, marked = pixels(picture), pixels(done.picture.path), pixels(mask)[..., 0] > 0
    assert np.array_equal(after[~marked], before[~marked])


def test_only_change_needs_words(scene: bpy.types.Scene, picture: Path, mask: Path) -> None:
    with pytest.raises(InputError, match="no instruction"):
        edit(picture, mask, prompt=" ")
    assert edit(picture, mask, prompt="", edit_mode="REMOVE").state is State.DONE


def test_two_modes_of_one_area_are_not_the_same_request(scene: bpy.types.Scene, picture: Path, mask: Path) -> None:
    removed, changed = (edit(picture, mask, edit_mode=mode, prompt="the door") for mode in ("REMOVE", "CHANGE"))
    assert removed.request.compute_digest() != changed.request.compute_digest()


def test_an_extended_image_is_larger_and_keeps_every_byte_of_the_original(
    scene: bpy.types.Scene, server: Simulator, picture: Path
) -> None:
    done = edit_area(picture, None, aspect_ratio="21:9")
    assert "The magenta border" in sent_text(server)
    result, before = pixels(done.picture.path), pixels(picture)
    assert result.shape == (400, 933, 3)
    left = (933 - SIZE[0]) // 2
    assert np.array_equal(result[:, left : left + SIZE[0]], before)
    with pytest.raises(InputError, match="aspect ratio"):
        edit_area(picture, None)


def test_an_extended_image_does_not_take_the_place_of_a_texture(scene: bpy.types.Scene, picture: Path) -> None:
    image, node = use_in_material(picture)
    done = edit_area(image, None, aspect_ratio="21:9")
    with pytest.raises(InputError, match="another shape"):
        apply_result.apply_result(done, ("REPLACEMENT",))
    assert node.image == image
    bpy.data.materials.remove(bpy.data.materials["Wall"])
    background = bpy.context.scene.camera.data.background_images.new()
    background.image = image
    apply_result.apply_result(done, ("REPLACEMENT",))
    assert background.image.name == "wall.png edited"


def test_the_edited_image_takes_the_original_s_place_in_strips_and_gives_it_back(
    scene: bpy.types.Scene, picture: Path, mask: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other.png"
    other.write_bytes(picture.read_bytes())
    strips = scene.sequence_editor_create().strips
    shown, beside = (
        strips.new_image(name=path.stem, filepath=str(path), channel=channel, frame_start=1)
        for channel, path in ((1, picture), (2, other))
    )
    image = bpy.data.images.load(str(picture))
    apply_result.apply_result(edit(image, mask), ("REPLACEMENT",))
    edited = bpy.data.images["wall.png edited"]
    assert Path(shown.directory, shown.elements[0].filename) == Path(bpy.path.abspath(edited.filepath))
    assert beside.elements[0].filename == "other.png"
    bpy.ops.nano_banana.remove_applied(kind="REPLACEMENT")
    assert Path(shown.directory, shown.elements[0].filename) == picture


def test_variants_of_an_edit_are_several_images_of_one_group(scene: bpy.types.Scene, picture: Path, mask: Path) -> None:
    settings = scene_settings.settings_of(scene).replace_choices({"prompt": "a red door", "variants": 3})
    order = masked_edit.cut(masked_edit.read(bpy.context, settings, picture, mask))
    done = request_builder.wait_and_deliver(request_builder.submit(order))
    assert [each.state for each in done] == [State.DONE] * 3
    assert len({each.group for each in done}) == 1
    assert len({each.picture.path for each in done}) == 3
    assert {(each.picture.width, each.picture.height) for each in done} == {SIZE}


@pytest.mark.parametrize("kind", ["alpha", "packed", "generated", "dirty"])
def test_images_that_are_no_plain_files_keep_their_surroundings(
    scene: bpy.types.Scene, picture: Path, mask: Path, kind: str
) -> None:
    if kind == "alpha":
        shown = Image.open(picture).convert("RGBA")
        shown.putalpha(200)
        shown.save(picture)
    image = bpy.data.images.load(str(picture))
    if kind == "packed":
        image.pack()
        picture.unlink()
    values = np.array(image.pixels[:], np.float32)
    if kind == "dirty":
        values[::4] = 1 - values[::4]
        image.pixels.foreach_set(values)
        image.update()
        assert image.is_dirty
    if kind == "generated":
        image = bpy.data.images.new("Made", *SIZE, alpha=True)
        image.pixels.foreach_set(values)
        image.update()
    done = edit(image, mask)
    marked = pixels(mask)[..., 0] > 0
    after = np.asarray(Image.open(done.picture.path).convert("RGBA"))
    before = np.rint(values.reshape(SIZE[1], SIZE[0], 4)[::-1] * 255)
    assert np.array_equal(after[~marked], before[~marked])


def test_an_image_that_changed_on_disk_meanwhile_is_edited_as_it_was_when_the_button_was_pressed(
    scene: bpy.types.Scene, picture: Path, mask: Path
) -> None:
    settings = scene_settings.settings_of(scene).replace_choices({"prompt": "a red door"})
    order = masked_edit.cut(masked_edit.read(bpy.context, settings, picture, mask))
    before, marked = pixels(picture), pixels(mask)[..., 0] > 0
    Image.new("RGB", (50, 50), (9, 9, 9)).save(picture)
    done = request_builder.wait_and_deliver(request_builder.submit(order))[0]
    assert np.array_equal(pixels(done.picture.path)[~marked], before[~marked])
    assert np.array_equal(pixels(done.request.region.image), before)


def test_the_same_marks_are_the_same_request(scene: bpy.types.Scene, server: Simulator, picture: Path) -> None:
    settings = scene_settings.settings_of(bpy.context.scene).replace_choices({"prompt": "a red door"})
    area = areas.draw_box((0.3, 0.3, 0.7, 0.7))
    draw(masked_edit.read(bpy.context, settings, picture, area))
    again = duplicates.split_order(masked_edit.cut(masked_edit.read(bpy.context, settings, picture, area)))
    assert [len(again.existing), len(again.missing.requests)] == [1, 0]


@pytest.mark.parametrize(
    "box", [(0, 0, 0.1, 0.1), (0.9, 0.9, 1, 1), (0, 0.4, 0.1, 0.5), (0.5, 0.5, 0.5001, 0.5001), (-1, 0.4, 0.2, 0.6)]
)
def test_a_box_changes_what_it_covers_and_nothing_else(
    scene: bpy.types.Scene, server: Simulator, picture: Path, box: tuple[float, float, float, float]
) -> None:
    done = edit_area(picture, areas.draw_box(box), edit_mode="REMOVE")
    changed = (pixels(done.picture.path) != pixels(picture)).any(axis=2)
    rows, columns = np.nonzero(changed)
    assert len(rows)
    assert rows.min() >= max(box[1], 0) * SIZE[1] - 1
    assert rows.max() <= box[3] * SIZE[1] + 1
    assert columns.min() >= max(box[0], 0) * SIZE[0] - 1
    assert columns.max() <= box[2] * SIZE[0] + 1


def test_a_box_without_area_is_refused() -> None:
    with pytest.raises(InputError, match="box is empty"):
        areas.draw_box((1.5, 0.2, 1.8, 0.4))
