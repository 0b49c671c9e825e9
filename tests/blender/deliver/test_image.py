"""A result as an image: its bytes unchanged, kept where the artist said, never lost, nothing
half-made left.
"""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import bpy
import pytest

from nano_banana_addon.blender.deliver.datablocks.files import ImageStorage
from nano_banana_addon.blender.deliver.delivery import deliver
from nano_banana_addon.blender.host import folders
from nano_banana_addon.core.constants import DeliveryKind
from nano_banana_addon.core.errors import ErrorKind, NanoBananaError
from nano_banana_addon.core.request import Delivery

from .staging import name_of

IMAGE = (DeliveryKind.IMAGE,)


def _save(path: Path) -> None:
    bpy.ops.wm.save_as_mainfile(filepath=str(path))


def _bytes_of(generation) -> bytes:
    return Path(generation.answer.result.path).read_bytes()


def test_the_copy_beside_the_blend_is_byte_identical_and_relative(finished, tmp_path: Path) -> None:
    _save(tmp_path / "scene.blend")
    generation = finished()
    report = deliver(generation, IMAGE)
    image = bpy.data.images[report.delivered[0]]
    assert image.filepath.startswith("//nano_banana/") or image.filepath.startswith("//nano_banana\\")
    assert Path(bpy.path.abspath(image.filepath)).read_bytes() == _bytes_of(generation)
    assert not image.has_data
    assert report.notes == ()


def test_a_packed_image_holds_the_received_bytes(finished, tmp_path: Path) -> None:
    _save(tmp_path / "scene.blend")
    generation = finished(delivery=Delivery(pack=True))
    image = bpy.data.images[deliver(generation, IMAGE).delivered[0]]
    assert image.packed_file.data == _bytes_of(generation)
    assert not (tmp_path / "nano_banana").exists()


def test_in_an_unsaved_file_the_store_is_used_and_said(finished) -> None:
    generation = finished()
    report = deliver(generation, IMAGE)
    image = bpy.data.images[report.delivered[0]]
    assert Path(image.filepath).parent == folders.home() / "delivered"
    assert Path(image.filepath).read_bytes() == _bytes_of(generation)
    assert any("not saved yet" in note for note in report.notes)


def test_after_saving_the_same_image_gets_its_copy(finished, tmp_path: Path) -> None:
    generation = finished()
    first = deliver(generation, IMAGE).delivered
    _save(tmp_path / "scene.blend")
    assert deliver(generation, IMAGE).delivered == first
    assert len(bpy.data.images) == 1
    image = bpy.data.images[first[0]]
    assert Path(bpy.path.abspath(image.filepath)).parent == tmp_path / "nano_banana"


def test_a_folder_that_cannot_be_made_leaves_the_picture_in_the_store(finished, tmp_path: Path) -> None:
    _save(tmp_path / "scene.blend")
    (tmp_path / "nano_banana").write_text("a file where the folder should be")
    generation = finished()
    report = deliver(generation, IMAGE)
    assert Path(bpy.data.images[0].filepath).parent == folders.home() / "delivered"
    assert any("could not be copied" in note for note in report.notes)
    assert (tmp_path / "nano_banana").read_text() == "a file where the folder should be"


def test_the_store_is_used_where_the_artist_says_so(finished, tmp_path: Path) -> None:
    _save(tmp_path / "scene.blend")
    generation = finished()
    report = deliver(generation, IMAGE, storage_choice=ImageStorage.STORE)
    assert report.notes == ()
    assert not (tmp_path / "nano_banana").exists()


@pytest.mark.parametrize("storage", list(ImageStorage))
@pytest.mark.parametrize("is_saved", [False, True])
def test_what_is_painted_and_saved_never_reaches_the_received_file(
    storage: ImageStorage, is_saved: bool, finished, tmp_path: Path
) -> None:
    if is_saved:
        _save(tmp_path / "scene.blend")
    generation = finished()
    received = _bytes_of(generation)
    image = bpy.data.images[deliver(generation, IMAGE, storage_choice=storage).delivered[0]]
    paint(image)
    if storage is ImageStorage.PACK and is_saved:
        image.unpack(method="USE_ORIGINAL")
        paint(image)
    assert _bytes_of(generation) == received
    bpy.ops.wm.read_homefile(use_factory_startup=True, use_empty=True)
    again = bpy.data.images[deliver(generation, IMAGE, storage_choice=ImageStorage.STORE).delivered[0]]
    assert Path(again.filepath).read_bytes() == received, "another file gets it as it was received"


def test_an_image_of_an_earlier_version_leaves_the_received_file(finished, tmp_path: Path) -> None:
    generation = finished()
    image = bpy.data.images[deliver(generation, IMAGE, storage_choice=ImageStorage.STORE).delivered[0]]
    image.filepath = generation.answer.result.path
    assert deliver(generation, IMAGE, storage_choice=ImageStorage.STORE).delivered == (image.name,)
    assert Path(image.filepath).parent == folders.home() / "delivered"


def test_strokes_go_along_when_the_copy_moves_beside_the_saved_blend(finished, tmp_path: Path) -> None:
    generation = finished()
    image = bpy.data.images[deliver(generation, IMAGE).delivered[0]]
    paint(image)
    image.pixels.foreach_set([1.0] * (image.size[0] * image.size[1] * image.channels))
    _save(tmp_path / "scene.blend")
    deliver(generation, IMAGE)
    assert Path(bpy.path.abspath(image.filepath)).parent == tmp_path / "nano_banana"
    assert image.is_dirty, "what is not saved yet is still there"
    assert min(image.pixels) == 1.0


def test_a_full_disk_packs_the_image(finished, tmp_path: Path) -> None:
    folder = folders.home() / "delivered"
    shutil.rmtree(folder, ignore_errors=True)
    folder.parent.mkdir(exist_ok=True)
    folder.write_text("a file where the folder should be")
    generation = finished()
    report = deliver(generation, IMAGE, storage_choice=ImageStorage.STORE)
    folder.unlink()
    image = bpy.data.images[report.delivered[0]]
    assert image.packed_file.data == _bytes_of(generation)
    assert any("could not be copied" in note and "packed" in note for note in report.notes)


def paint(image: bpy.types.Image) -> None:
    """Paint it black and save it, as an artist does."""
    values = [0.0] * (image.size[0] * image.size[1] * image.channels)
    image.pixels.foreach_set(values)
    image.update()
    if image.packed_file:
        image.pack()
    else:
        image.save()
    assert not image.is_dirty


def test_pictures_with_the_same_words_stay_apart(finished, tmp_path: Path) -> None:
    _save(tmp_path / "scene.blend")
    for _ in range(3):
        deliver(finished(), IMAGE)
    assert len({image.name for image in bpy.data.images}) == 3
    assert len({image.filepath for image in bpy.data.images}) == 3


def test_the_same_picture_again_is_the_same_image(finished, tmp_path: Path) -> None:
    _save(tmp_path / "scene.blend")
    generation = finished()
    assert deliver(generation, IMAGE).delivered == deliver(generation, IMAGE).delivered
    assert len(bpy.data.images) == 1
    assert len(list((tmp_path / "nano_banana").iterdir())) == 1


def test_an_image_that_nothing_shows_survives_saving(finished, tmp_path: Path) -> None:
    deliver(finished(), IMAGE)
    _save(tmp_path / "scene.blend")
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "scene.blend"))
    assert len(bpy.data.images) == 1


def test_an_image_says_where_it_comes_from(finished) -> None:
    deliver(finished(prompt="fox \udce9 in\0 snow"), IMAGE)
    facts = dict(bpy.data.images[0].items())
    assert facts["nano_banana_prompt"].startswith("fox ? in")
    assert facts["nano_banana_model"] == "gemini-3-pro-image"
    assert "SynthID" in facts["nano_banana_origin"]


def test_an_offline_preview_is_marked_in_name_and_properties(finished, tmp_path: Path) -> None:
    _save(tmp_path / "scene.blend")
    deliver(finished(provider="offline"), IMAGE)
    image = bpy.data.images[0]
    assert image.name.startswith("Offline preview")
    assert "offline-preview" in image.filepath
    assert image["nano_banana_offline_preview"]
    assert "SynthID" not in image["nano_banana_origin"]


@pytest.mark.parametrize(
    "prompt", ["../../etc/passwd", "con", "🦊" * 200, "Zürich bei Nacht, 夜の街", " ", "a/b\\c:d*?"]
)
def test_any_prompt_makes_a_file_name(finished, tmp_path: Path, prompt: str) -> None:
    _save(tmp_path / "scene.blend")
    deliver(finished(prompt=prompt), IMAGE)
    (copy,) = (tmp_path / "nano_banana").iterdir()
    assert copy.is_file()
    assert len(copy.name.encode()) < 200


def test_a_picture_file_that_is_gone_is_told_and_makes_nothing(finished) -> None:
    generation = finished()
    Path(generation.answer.result.path).unlink()
    with pytest.raises(NanoBananaError) as caught:
        deliver(generation, IMAGE)
    assert caught.value.kind is ErrorKind.DISK
    assert len(bpy.data.images) == 0


def test_a_generation_without_a_picture_is_refused_in_words(finished) -> None:
    generation = finished()
    with pytest.raises(NanoBananaError, match="no image"):
        deliver(replace(generation, answer=None), IMAGE)


def test_when_nothing_could_be_made_neither_image_nor_file_is_left(finished, tmp_path: Path, scene) -> None:
    _save(tmp_path / "scene.blend")
    marker = bpy.data.objects.new("Marker", None)
    scene.collection.objects.link(marker)
    delivery = Delivery(objects=(name_of(marker, "OBJECT"),))
    with pytest.raises(NanoBananaError, match="Marker"):
        deliver(finished(delivery=delivery), (DeliveryKind.MATERIAL,))
    assert len(bpy.data.images) == 0
    assert not (tmp_path / "nano_banana").exists()


def test_one_kind_that_fails_does_not_stop_the_others(finished, scene) -> None:
    scene.camera = None
    report = deliver(finished(), (DeliveryKind.CAMERA_BACKGROUND, DeliveryKind.IMAGE))
    assert len(report.delivered) == 1
    assert any("no camera" in note for note in report.notes)
