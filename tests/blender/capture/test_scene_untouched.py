"""After a capture, also one that failed, the file is exactly as it was."""

from __future__ import annotations

from pathlib import Path

import bpy
import pytest

from nano_banana_addon.blender.host import compat
from nano_banana_addon.core.errors import ErrorKind, NanoBananaError
from nano_banana_addon.identity import ID_TAG

from .snapshot import differences, snapshot


@pytest.fixture
def furnished(scene: bpy.types.Scene) -> bpy.types.Scene:
    """A scene with everything that captures of other add-ons were caught changing set to unusual values."""
    render = scene.render
    render.resolution_percentage = 37
    render.filepath = "//somewhere/else_"
    compat.set_image_format(render.image_settings, {"media_type": "IMAGE", "file_format": "JPEG", "color_mode": "BW"})
    scene.view_settings.view_transform = "Filmic"
    scene.view_settings.exposure = 0.4
    scene.frame_set(7)
    _compositor(scene)
    _strip(scene)
    chosen = [o for o in scene.objects if o.type == "MESH"]
    chosen[1].select_set(True)
    chosen[2].select_set(True)
    chosen[3].hide_set(True)
    bpy.context.view_layer.objects.active = chosen[2]
    scene.camera.keyframe_insert("location", frame=7)
    scene.camera.location.x += 0.3  # not keyed
    scene.timeline_markers.new("A", frame=3).camera = scene.camera
    render.use_border = True
    render.border_max_x = 0.8
    bpy.ops.render.render()
    scene.camera.location.x += 0.2
    bpy.context.view_layer.update()
    return scene


def _compositor(scene: bpy.types.Scene) -> None:
    tree = compat.attach_compositor_tree(scene, "Comp")
    layers = tree.nodes.new("CompositorNodeRLayers")
    output = compat.add_compositor_output(tree)
    group = bpy.data.node_groups.new("Painted", "CompositorNodeTree")
    group[ID_TAG] = "compositor group"
    node = tree.nodes.new("CompositorNodeGroup")
    node.node_tree = group
    tree.links.new(layers.outputs["Image"], output)


def _strip(scene: bpy.types.Scene) -> None:
    editor = scene.sequence_editor_create()
    editor.strips.new_effect("Colour", "COLOR", 1, 1, length=10) if _from_5() else (
        editor.strips.new_effect("Colour", "COLOR", 1, 1, frame_end=10)
    )
    scene.render.use_sequencer = False


def _from_5() -> bool:
    return bpy.app.version >= (5, 0, 0)


SOURCES = ("CAMERA", "VIEWPORT", "RENDER", "LAST_RENDER")
OPTIONS = (
    {},
    {"only_selected": True, "transparent": True},
    {"frame_number": 20, "use_region": True, "overlays": True},
)


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("options", OPTIONS, ids=["plain", "selected", "elsewhere"])
def test_everything_is_as_it_was(take, furnished, source, options) -> None:
    before = snapshot()
    take(source, **options)
    assert differences(before, snapshot()) == []


def test_also_in_a_file_without_a_render(take, scene) -> None:
    """A first render makes two images; they do not stay."""
    for image in list(bpy.data.images):
        bpy.data.images.remove(image)
    before = snapshot()
    for source in ("CAMERA", "RENDER"):
        take(source)
        assert differences(before, snapshot()) == []


def test_also_with_the_engine_that_has_no_material_preview(take, furnished) -> None:
    assert furnished.render.engine == "BLENDER_WORKBENCH"
    before = snapshot()
    take("CAMERA", shading="MATERIAL")
    assert differences(before, snapshot()) == []


@pytest.mark.parametrize("source", SOURCES)
def test_a_folder_that_cannot_be_written_changes_nothing(take, furnished, folder, source) -> None:
    folder.write_text("a file where the folder should be")
    before = snapshot()
    with pytest.raises(NanoBananaError) as caught:
        take(source)
    assert caught.value.kind is ErrorKind.DISK
    assert differences(before, snapshot()) == []


def test_a_folder_that_fills_up_changes_nothing(take, furnished, folder, monkeypatch) -> None:
    """The picture is drawn, then it cannot be written: a limit on the size of files stands for a full disk."""
    import resource
    import signal

    before = snapshot()
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, limits[1]))
    try:
        for source in SOURCES:
            with pytest.raises(NanoBananaError) as caught:
                take(source)
            assert caught.value.kind is ErrorKind.DISK
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, ignored)
    assert differences(before, snapshot()) == []
    assert list(folder.iterdir()) == []


def test_a_handler_that_raises_changes_nothing(take, furnished) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("a handler of another add-on")

    handlers = (
        bpy.app.handlers.render_pre,
        bpy.app.handlers.render_post,
        bpy.app.handlers.render_complete,
    )
    before = snapshot()
    for each in handlers:
        each.append(broken)
    try:
        captured = take("RENDER")
    finally:
        for each in handlers:
            each.remove(broken)
    assert Path(captured.reference.path).is_file()
    assert differences(before, snapshot()) == []


def test_a_handler_that_cancels_the_picture_changes_nothing(take, furnished) -> None:
    """Another add-on takes the camera away while the temporary scene is rendered."""

    def rob(scene: bpy.types.Scene, *_: object) -> None:
        scene.camera = None

    before = snapshot()
    bpy.app.handlers.render_init.append(rob)
    try:
        with pytest.raises(NanoBananaError):
            take("RENDER")
    finally:
        bpy.app.handlers.render_init.remove(rob)
    assert differences(before, snapshot()) == []


def test_file_output_nodes_write_nothing(take, furnished, tmp_path) -> None:
    tree = compat.compositor_tree(furnished)
    node = tree.nodes.new("CompositorNodeOutputFile")
    target = tmp_path / "outputs"
    if hasattr(node, "directory"):
        node.directory = str(target)
        node.file_output_items.new("RGBA", "Image")
    else:
        node.base_path = str(target)
    layers = next(n for n in tree.nodes if n.type == "R_LAYERS")
    tree.links.new(layers.outputs["Image"], node.inputs[0])
    take("RENDER")
    assert not target.exists()
    assert not node.mute
