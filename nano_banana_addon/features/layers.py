# SPDX-License-Identifier: GPL-3.0-or-later
"""The layers of a scene's compositor and their masks, as panels, operators and the command line use them."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import bpy

from ..blender.deliver.compositor import chain, compositor, masks, node_group, sequences
from ..blender.deliver.compositor.mask_kinds import BLEND_MODES, MASK_KINDS, MaskKind
from ..blender.deliver.datablocks import versions
from ..blender.deliver.datablocks.delivery_report import DeliveryLog
from ..blender.deliver.datablocks.image import open_file
from ..blender.host import compat
from ..core.errors import ErrorKind, InputError, NanoBananaError

_LABELS = {mode.id: mode.label for mode in BLEND_MODES}
#: Objects that are seen in no render.
_UNSEEN = frozenset({"ARMATURE", "CAMERA", "EMPTY", "LATTICE", "LIGHT", "LIGHT_PROBE", "SPEAKER"})


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class MaskChoice:
    """A mask to be added: an image may be a file."""

    kind: str
    blocks: Sequence[bpy.types.ID | Path] = ()
    values: Sequence[float] = ()
    adds: bool = False
    inverts: bool = False


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Layer:
    """One layer, to be drawn: its node, its title, which of its images is shown, its masks."""

    node: bpy.types.Node
    title: str
    blend: str
    version: int
    versions: int
    masks: Sequence[bpy.types.Node]
    is_sequence: bool  # the image that is shown


def has_layers(scene: bpy.types.Scene) -> bool:
    """Whether a scene has a layer. For draw()."""
    return chain.has_layers(scene)


def list_layers(scene: bpy.types.Scene) -> list[Layer]:
    """The layers of a scene, the topmost first."""
    nodes = chain.list_layers(scene)
    feeds = masks.list_feeds(nodes[0].id_data) if nodes else {}
    return [_describe(node, feeds) for node in reversed(nodes)]


def _describe(node: bpy.types.Node, feeds: masks.Feeds) -> Layer:
    group = node.node_tree
    current, count, image = versions.current(group), versions.count(group), versions.find_shown_image(group)
    title = node.label or (image.name if image else node.name)
    blend, is_sequence = _LABELS[compositor.get_blend(group)], image is not None and image.source == "SEQUENCE"
    return Layer(node, title, blend, current, count, masks.list_masks(node, feeds), is_sequence)


def add_image(scene: bpy.types.Scene, source: bpy.types.Image | Path, notes: list[str]) -> str:
    """Put an image of the file, an image file, or a sequence, on top as a layer of its own; the name of its node.

    A path with "#" for the number is a sequence. Raises `InputError`. Notes are added to `notes`.
    """
    image, log = open_image(source), DeliveryLog()
    size = sequences.read_size(image)
    if not size[0]:
        raise InputError(f'The image "{image.name}" cannot be read.', next_step="Choose another.")
    if isinstance(source, Path) and sequences.is_pattern(source):
        log.add_note(sequences.find_series(source).describe_missing())
    with ExitStack() as undo:
        window, note = compositor.window_of(None, "", size, scene)
        log.add_note(note)
        node = compositor.apply(image, window, scene, log, undo, as_layer=True)
        undo.pop_all()
    notes += log.notes
    return node.name


def add_files(scene: bpy.types.Scene, paths: Sequence[str], *, is_sequence: bool) -> list[str]:
    """Put image files on top as a layer: several, or `is_sequence`, as the sequence of the first; notes.

    Raises `InputError`.
    """
    notes: list[str] = []
    first = Path(bpy.path.abspath(min(paths)))
    if is_sequence or len(paths) > 1:
        first = sequences.write_pattern(first)
    add_image(scene, first, notes)
    return notes


def find_sequence_node(layer: bpy.types.Node) -> bpy.types.Node | None:
    """The node that shows a layer's sequence, or None. For draw()."""
    return next(filter(sequences.is_sequence, layer.node_tree.nodes), None)


def open_image(source: bpy.types.Image | Path, *, is_data: bool = False) -> bpy.types.Image:
    """An image of the file as it is, or that of a file, its path relative to the .blend where it lies below it.

    A path with "#" for the number opens a sequence. Raises `InputError` if there is none.
    """
    if isinstance(source, bpy.types.Image):
        return source
    path = source.resolve()
    series = sequences.find_series(path) if sequences.is_pattern(path) else None
    image = sequences.open_series(series) if series else open_file(path)
    path = series.first_file if series else path
    if bpy.data.filepath and path.is_relative_to(Path(bpy.data.filepath).resolve().parent):
        image.filepath = bpy.path.relpath(str(path))
    if is_data:
        image.colorspace_settings.name = "Non-Color"
    return image


def set_up(
    context: bpy.types.Context, layer: str, blend: str, opacity: float, invert: bool, given: Sequence[MaskChoice]
) -> Sequence[str]:
    """Set how a layer is mixed, and add masks; notes. A layer whose masks fail is taken out. Raises `InputError`."""
    scene, log = context.scene, DeliveryLog()
    node = require_layer(scene, layer)
    with ExitStack() as undo:
        undo.callback(compositor.remove, scene, layer)
        compositor.set_blend(scene, layer, blend)
        node.inputs[node_group.FACTOR].default_value = opacity
        node.inputs[node_group.INVERT].default_value = invert
        for choice in given:
            blocks = [open_image(b, is_data=True) if isinstance(b, Path) else b for b in choice.blocks]
            kind, view_layer = MASK_KINDS[choice.kind], context.view_layer
            mask = masks.add(scene, node, kind, log, view_layer=view_layer, blocks=blocks, values=choice.values)
            mask.inputs["Invert"].default_value, mask.inputs["Add"].default_value = choice.inverts, choice.adds
        undo.pop_all()
    return log.notes


def refresh(scene: bpy.types.Scene) -> Sequence[str]:
    """Refresh all layers; notes. Raises `InputError` where there is none."""
    return compositor.refresh(scene)


def write(scene: bpy.types.Scene, path: Path) -> Path:
    """Save a copy of the .blend, or render the scene's frame to an image file, by the name's end. Raises DISK."""
    path = path.resolve()
    try:
        if path.suffix.lower() == ".blend":
            bpy.ops.wm.save_as_mainfile(filepath=str(path), copy=True)
        else:
            _render(scene, path)
    except RuntimeError as error:
        raise NanoBananaError(ErrorKind.DISK, f"{path} cannot be written: {error}") from error
    if not path.is_file():
        raise NanoBananaError(ErrorKind.DISK, f"{path} was not written.", next_step="Check the folder.")
    return path


def _render(scene: bpy.types.Scene, path: Path) -> None:
    render, wanted = scene.render, _find_format(path)
    previous, previous_path = compat.image_format(render.image_settings), render.filepath
    try:
        compat.set_image_format(render.image_settings, wanted)
        render.filepath = str(path)
        bpy.ops.render.render(write_still=True, scene=scene.name)
    finally:
        compat.set_image_format(render.image_settings, previous)
        render.filepath = previous_path


def _find_format(path: Path) -> dict[str, str]:
    formats = {".png": "PNG", ".exr": "OPEN_EXR", ".jpg": "JPEG", ".jpeg": "JPEG", ".tif": "TIFF", ".tiff": "TIFF"}
    if path.suffix.lower() not in formats:
        raise InputError(f"{path.name} is no image file.", next_step=f"End it in {', '.join(formats)}, or .blend.")
    return {"media_type": "IMAGE", "file_format": formats[path.suffix.lower()]}


def move(scene: bpy.types.Scene, layer: str, step: int) -> None:
    """Exchange a layer with the one above (1) or below (-1). Raises `InputError` if it is not there."""
    chain.move(scene, compositor.require_layer(scene, layer), step)


def set_blend(scene: bpy.types.Scene, layer: str, mode: str) -> None:
    """Blend a layer by another mode. Raises `InputError`."""
    compositor.set_blend(scene, layer, mode)


def remove(scene: bpy.types.Scene, layer: str) -> None:
    """Take a layer and its masks out. Raises `InputError` if it is not there."""
    compositor.remove(scene, compositor.require_layer(scene, layer).name)


def show_version(scene: bpy.types.Scene, layer: str, index: int) -> Sequence[str]:
    """Show another image of a layer; notes. Raises `InputError` if there is none."""
    return compositor.switch_version(scene, index, layer)


def add_mask(context: bpy.types.Context, layer: str, kind: str) -> Sequence[str]:
    """Add a mask of the selection, or of the whole view layer, to a layer; notes. Raises `InputError`."""
    scene, chosen, log = context.scene, MASK_KINDS[kind], DeliveryLog()
    node = require_layer(scene, layer)
    blocks = _list_blocks(context, chosen, node)
    masks.add(scene, node, chosen, log, view_layer=context.view_layer, blocks=blocks)
    return log.notes


def require_layer(scene: bpy.types.Scene, layer: str) -> bpy.types.Node:
    """A layer that takes masks; one of the first versions gets the sockets for them. Raises `InputError`."""
    node = compositor.require_layer(scene, layer)
    if node_group.MASK not in node.inputs:
        compositor.refresh(scene)
    return node


def remove_mask(scene: bpy.types.Scene, layer: str, mask: str) -> None:
    """Take a mask out of a layer. Raises `InputError` if it is not there."""
    node = compositor.require_layer(scene, layer)
    found = next((each for each in masks.list_masks(node) if each.name == mask), None)
    if found is None:
        raise InputError("The mask is not there any more.", next_step="Choose another.")
    masks.remove(node.id_data, found)


def find_icon(mask: bpy.types.Node) -> str:
    """The icon of a mask's kind."""
    return masks.kind_of(mask).item.icon


def find_image_node(mask: bpy.types.Node) -> bpy.types.Node | None:
    """The node whose image is the mask, if it is painted."""
    return masks.find_image_node(mask)


def _list_blocks(context: bpy.types.Context, kind: MaskKind, layer: bpy.types.Node) -> list[bpy.types.ID]:
    if kind.id == "IMAGE":
        return [_new_image(context.scene, layer)]
    if not kind.matte:
        return []
    objects = [obj for obj in context.selected_objects if obj.type not in _UNSEEN or kind.id == "ASSET"]
    if kind.id == "MATERIAL":
        return list(dict.fromkeys(s.material for obj in objects for s in obj.material_slots if s.material))
    return list(dict.fromkeys(map(find_root, objects))) if kind.id == "ASSET" else objects


def find_root(obj: bpy.types.Object) -> bpy.types.Object:
    """The topmost parent, after which Cryptomatte names an asset."""
    while obj.parent is not None:
        obj = obj.parent
    return obj


def _new_image(scene: bpy.types.Scene, layer: bpy.types.Node) -> bpy.types.Image:
    """A black image of the render's size, to paint the mask on."""
    render, share = scene.render, scene.render.resolution_percentage / 100
    size = (round(render.resolution_x * share) or 1, round(render.resolution_y * share) or 1)
    image = bpy.data.images.new(f"{layer.label or layer.name} Mask", *size, is_data=True)
    image.pack()  # else the file would not keep it
    return image
