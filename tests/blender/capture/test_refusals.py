"""What cannot be captured is refused with a sentence, before anything is drawn."""

from __future__ import annotations

import bpy
import pytest

from nano_banana_addon.core.errors import InputError


@pytest.mark.parametrize("source", ["CAMERA", "RENDER"])
def test_without_a_camera(take, scene, source) -> None:
    scene.camera = None
    with pytest.raises(InputError, match="no camera") as caught:
        take(source)
    assert "active camera" in caught.value.to_sentence()


@pytest.mark.parametrize("source", ["CAMERA", "RENDER", "VIEWPORT"])
def test_with_nothing_selected(take, source) -> None:
    with pytest.raises(InputError, match="Nothing is selected"):
        take(source, only_selected=True)


def test_with_a_selection_that_renders_do_not_show(take, scene) -> None:
    chosen = next(o for o in scene.objects if o.type == "MESH")
    chosen.select_set(True)
    chosen.hide_render = True
    with pytest.raises(InputError, match="hidden in renders"):
        take("RENDER", only_selected=True)


def test_without_a_3d_view(take, scene) -> None:
    """The camera is captured all the same."""
    changed = [a for a in bpy.context.screen.areas if a.type == "VIEW_3D"]
    for area in changed:
        area.type = "CONSOLE"
    try:
        with pytest.raises(InputError, match="no 3D view"):
            take("VIEWPORT")
        assert take("CAMERA").reference.width == 688
    finally:
        for area in changed:
            area.type = "VIEW_3D"


def test_a_size_or_ratio_that_the_model_lacks(take) -> None:
    for choices in ({"image_size": "8K"}, {"aspect_ratio": "7:3"}):
        with pytest.raises(InputError, match="cannot be captured"):
            take("CAMERA", **choices)


def test_without_a_render_result(take, scene) -> None:
    for image in list(bpy.data.images):
        bpy.data.images.remove(image)
    with pytest.raises(InputError, match="no Render Result"):
        take("LAST_RENDER")


def test_a_resolution_of_no_pixels_is_refused(take, scene) -> None:
    scene.render.resolution_x = scene.render.resolution_y = 4
    scene.render.resolution_percentage = 1
    with pytest.raises(InputError, match="0 x 0"):
        take("CAMERA")


def test_an_enormous_resolution_costs_no_more_than_the_canvas(take, scene) -> None:
    scene.render.resolution_x, scene.render.resolution_y = 65536, 32768
    for source in ("CAMERA", "RENDER"):
        captured = take(source)
        assert max(captured.reference.width, captured.reference.height) < 1000


def test_an_empty_render_region(take, scene) -> None:
    scene.render.use_border = True
    scene.render.border_min_x = scene.render.border_max_x = 0.5
    with pytest.raises(InputError, match="region"):
        take("CAMERA", use_region=True)


def test_a_linked_camera_works(take, scene, tmp_path) -> None:
    """From a library, where nothing can be changed."""
    library = tmp_path / "set.blend"
    bpy.data.libraries.write(str(library), {scene.camera})
    bpy.data.objects.remove(scene.camera)
    with bpy.data.libraries.load(str(library), link=True) as (source, target):
        target.objects = [name for name in source.objects if name.startswith("Shot Camera")]
    camera = target.objects[0]
    scene.collection.objects.link(camera)
    scene.camera = camera
    assert camera.library is not None
    for kind in ("CAMERA", "RENDER"):
        assert take(kind, aspect_ratio="1:1").capture.view.camera == camera.name
