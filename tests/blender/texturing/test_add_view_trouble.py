# SPDX-License-Identifier: GPL-3.0-or-later
"""A view added where something is in the way: linked images, stacked UVs, a full disk, a UV map that is deleted."""

from __future__ import annotations

from pathlib import Path

import bpy
import pytest

from nano_banana_addon.blender.deliver.datablocks.texels import read_texels
from nano_banana_addon.blender.deliver.material.base_image import find_base_image
from nano_banana_addon.blender.deliver.material.material import group_node
from nano_banana_addon.blender.host import folders
from nano_banana_addon.core.errors import ErrorKind, NanoBananaError
from nano_banana_addon.features.texture import job, rebake
from nano_banana_addon.features.texture.maps import write_maps
from nano_banana_addon.imaging.formats import xmp

from .conftest import TruthPainter
from .test_add_view import (
    Textured,
    add,
    draw_pattern,
    prepare,
    quiet,
    read_look,
    read_result,
    redden,
    show,
    textured,  # noqa: F401 - a fixture
)


def list_files() -> set[Path]:
    return set((folders.home() / write_maps.TEXTURES_FOLDER).glob("*"))


def link_image(image: bpy.types.Image, folder: Path, *, packed: bool) -> bpy.types.Image:
    """The same image from another .blend, with a path that holds beside that file alone."""
    library = folder / "library"
    library.mkdir()
    if packed:
        image.pack()
    else:
        path = Path(bpy.path.abspath(image.filepath)).rename(library / "base.png")
        image.filepath = "//base.png"
        assert path.is_file()
    bpy.data.libraries.write(str(library / "images.blend"), {image}, fake_user=True)
    bpy.data.images.remove(image)
    with bpy.data.libraries.load(str(library / "images.blend"), link=True) as (held, wanted):
        wanted.images = list(held.images)
    (linked,) = [each for each in bpy.data.images if each.library]
    return linked


@pytest.mark.parametrize("packed", [False, True])
def test_a_linked_image_stays_as_it_is_and_the_object_gets_one_of_this_file(
    sculpture: bpy.types.Object,
    textured: Textured,  # noqa: F811
    truthful: TruthPainter,
    tmp_path: Path,
    packed: bool,
) -> None:
    before = draw_pattern()
    linked = link_image(textured(before), tmp_path, packed=packed)
    show(sculpture, linked)
    bpy.context.view_layer.update()
    done = add(truthful, redden)
    after = read_result(done)
    assert 0.03 < (after != before).any(axis=2).mean() < 0.3
    assert (read_texels(linked)[1001] == before).all()
    shown = find_base_image(sculpture).image
    assert shown.library is None
    assert shown.name == done.report.textures[0].image


def test_a_linked_image_without_its_file_is_said_before_paying(
    sculpture: bpy.types.Object,
    textured: Textured,  # noqa: F811
    tmp_path: Path,
) -> None:
    linked = link_image(textured(draw_pattern()), tmp_path, packed=False)
    (tmp_path / "library" / "base.png").unlink()
    show(sculpture, linked)
    bpy.context.view_layer.update()
    with pytest.raises(NanoBananaError, match=r"base\.png"):
        prepare()


def test_stacked_uvs_are_told_before_paying_and_change_together(
    sculpture: bpy.types.Object,
    textured: Textured,  # noqa: F811
    truthful: TruthPainter,
) -> None:
    before = draw_pattern()
    textured(before)
    uvs = sculpture.data.uv_layers[0].uv
    for number in range(len(uvs)):
        uvs[number].vector.x %= 0.5  # both halves of the map lie on each other
    sculpture.data.update_tag()
    bpy.context.view_layer.update()
    plan = prepare()
    assert any("used by several parts" in note for note in plan.order.notes), plan.order.notes
    truthful.promise(plan.order.requests[0], redden(read_look(plan)))
    done = job.run(plan, quiet)
    assert done.problem is None
    after = read_result(done)
    assert (after[:, 280:] == before[:, 280:]).all(), "texels that no face has keep their bytes"


def test_a_full_disk_leaves_the_texture_and_no_file_and_the_view_is_added_later(
    sculpture: bpy.types.Object,
    textured: Textured,  # noqa: F811
    truthful: TruthPainter,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = draw_pattern()
    image = textured(before)
    foreign, files = sculpture.active_material, list_files()
    plan = prepare()
    truthful.promise(plan.order.requests[0], redden(read_look(plan)))

    def write(picture: object, path: Path, packet: str) -> None:
        path.write_bytes(b"half")
        raise NanoBananaError(ErrorKind.DISK, "The disk is full.")

    with monkeypatch.context() as full:
        full.setattr(xmp, "write_derived", write)
        done = job.run(plan, quiet)
    assert done.problem is not None
    assert done.problem.kind is ErrorKind.DISK
    assert list_files() == files
    assert group_node(foreign) is None
    assert find_base_image(sculpture).image == image
    report = rebake.bake_result(done.generations[0])
    after = read_texels(bpy.data.images[report.textures[0].image])[1001]
    assert (after != before).any()


@pytest.mark.parametrize("left", [0, 1])
def test_a_uv_map_that_is_deleted_meanwhile_changes_nothing_and_is_told(
    sculpture: bpy.types.Object,
    textured: Textured,  # noqa: F811
    truthful: TruthPainter,
    left: int,
) -> None:
    image = textured(draw_pattern())
    mesh = sculpture.data
    first = mesh.uv_layers[0].name
    nodes = sculpture.active_material.node_tree
    by_name = nodes.nodes.new("ShaderNodeUVMap")
    by_name.uv_map = first
    picture = next(node for node in nodes.nodes if node.type == "TEX_IMAGE")
    nodes.links.new(by_name.outputs["UV"], picture.inputs["Vector"])
    if left:
        mesh.uv_layers.new(name="Other")
    bpy.context.view_layer.update()
    plan, files = prepare(), list_files()
    truthful.promise(plan.order.requests[0], redden(read_look(plan)))
    mesh.uv_layers.remove(mesh.uv_layers[first])
    mesh.update_tag()
    bpy.context.view_layer.update()
    done = job.run(plan, quiet)
    assert done.report is None
    assert "UV map" in done.problem.to_sentence()
    assert done.generations[0].is_generated, "it stays in the history"
    assert list_files() == files
    assert find_base_image(sculpture).image == image
    assert group_node(sculpture.active_material) is None
