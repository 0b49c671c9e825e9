# SPDX-License-Identifier: GPL-3.0-or-later
"""The masks of a layer: nodes at the top level of the scene's tree that feed its socket Mask, one after the other.

Blender 4.5 takes Cryptomatte and Render Layers nodes only there. Each mask is a group node with a source node. What it
chooses stands in their sockets and properties, so that the masks work without the add-on.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import ExitStack

import bpy

from ....core.errors import InputError
from ....core.text.details import shorten
from ...host import compat
from ..datablocks import files, ownership_tags
from ..datablocks.delivery_report import DeliveryLog
from ..datablocks.ownership_tags import Role
from . import mask_group, passes, sequences
from .mask_group import ADD, BELOW, END, MASK, SOFTNESS, START, VALUE
from .mask_kinds import MASK_KINDS, MaskKind

_ROW = 420.0
_LABEL_LENGTH = 40  # characters


def add(
    scene: bpy.types.Scene,
    layer: bpy.types.Node,
    kind: MaskKind,
    log: DeliveryLog,
    *,
    view_layer: bpy.types.ViewLayer,
    blocks: Sequence[bpy.types.ID] = (),
    values: Sequence[float] = (),
) -> bpy.types.Node:
    """Add a mask to a layer. It chooses `blocks` (objects, materials or an image) or the range of `values`.

    Raises `InputError` for names that Cryptomatte cannot choose, and for passes that the render engine does not have.
    """
    _check_blocks(kind, blocks)
    tree = layer.id_data
    with ExitStack() as undo:
        row = len(list_masks(layer))
        node = tree.nodes.new("CompositorNodeGroup")
        undo.callback(remove, tree, node)
        node.node_tree = mask_group.find_group(kind)
        node.location = (layer.location.x, layer.location.y - _ROW * (row + 0.6))
        _record(node, kind, view_layer, blocks)
        for name, value in zip((START, END, SOFTNESS), values or kind.range, strict=False):
            node.inputs[name].default_value = value
        refresh(scene, node, log)
        socket = layer.inputs[MASK]
        if socket.is_linked:
            tree.links.new(socket.links[0].from_socket, node.inputs[BELOW])
        tree.links.new(node.outputs[MASK], socket)
        undo.pop_all()
    return node


def list_masks(layer: bpy.types.Node, feeds: Feeds | None = None) -> list[bpy.types.Node]:
    """The masks of a layer, in the order in which they are joined; `feeds` are those of its tree, if known."""
    feeds = list_feeds(layer.id_data) if feeds is None else feeds
    found = [node for node in find_upstream(layer, MASK, feeds) if is_mask(node)]
    return sorted(found, key=lambda node: sum(map(is_mask, find_upstream(node, BELOW, feeds))))


def find_image_node(mask: bpy.types.Node) -> bpy.types.Node | None:
    """The node whose image is the mask, if it is painted."""
    return next((node for node in find_upstream(mask, VALUE) if node.type == "IMAGE"), None)


def list_parts(layer: bpy.types.Node) -> list[bpy.types.Node]:
    """The nodes of a layer's masks that were added here, but for Render Layers nodes, which several layers use."""
    nodes = find_upstream(layer, MASK)
    return [n for n in nodes if is_mask(n) or (ownership_tags.get_fact(n, "source") and n.type != "R_LAYERS")]


def is_mask(node: bpy.types.Node) -> bool:
    """Whether a node is a mask that was made here."""
    return node.type == "GROUP" and ownership_tags.has_role(node.node_tree, Role.MASK_GROUP)


def kind_of(mask: bpy.types.Node) -> MaskKind:
    """The kind of a mask."""
    return MASK_KINDS[ownership_tags.get_fact(mask, "kind")]


#: The links that lead to each node, by its name.
Feeds = dict[str, list[bpy.types.NodeLink]]


def list_feeds(tree: bpy.types.NodeTree) -> Feeds:
    """The links of a tree by the nodes that they lead to."""
    feeds: Feeds = {}
    for link in tree.links:
        feeds.setdefault(link.to_node.name, []).append(link)
    return feeds


def find_upstream(node: bpy.types.Node, socket: str = "", feeds: Feeds | None = None) -> list[bpy.types.Node]:
    """The nodes that feed a node, or one of its sockets, directly or not; `feeds` are those of its tree, if known."""
    feeds = list_feeds(node.id_data) if feeds is None else feeds
    found: dict[str, bpy.types.Node] = {}
    pending = [link.from_node for link in feeds.get(node.name, ()) if socket in ("", link.to_socket.name)]
    while pending:
        current = pending.pop()
        if current.name not in found:
            found[current.name] = current
            pending += [link.from_node for link in feeds.get(current.name, ())]
    return list(found.values())


def refresh(scene: bpy.types.Scene, mask: bpy.types.Node, log: DeliveryLog) -> None:
    """Make a mask choose what it is for again: its pass, its source, the present names of what it chooses."""
    kind, layer_name = kind_of(mask), ownership_tags.get_fact(mask, "view_layer", "")
    view_layer = scene.view_layers.get(layer_name)
    if view_layer is None:
        log.add_note(f'The view layer "{layer_name}" of a mask does not exist any more: the mask chooses nothing.')
        return
    passes.require(scene, view_layer, kind, log)
    if not mask.inputs[VALUE].is_linked:
        _connect_source(scene, mask, kind, view_layer)
    if kind.matte:
        _choose_blocks(scene, mask, kind, view_layer, log)
    elif kind.id == "ALPHA" and not scene.render.film_transparent:
        log.add_note("The render's alpha is 1 everywhere: switch on Film > Transparent for the mask.")
    elif kind.id == "IMAGE":
        _note_image(mask, kind, log)


def _note_image(mask: bpy.types.Node, kind: MaskKind, log: DeliveryLog) -> None:
    node = find_image_node(mask)
    if node is None or node.image is None:
        log.add_note("A painted mask has no image: it chooses nothing.")
        return
    mask.label = _describe([node.image], kind)
    log.add_note(files.describe_missing(node.image))


def remove(tree: bpy.types.NodeTree, mask: bpy.types.Node) -> None:
    """Take a mask out; what it was joined with stays."""
    scene_layers = [(node.scene, name) for node in find_upstream(mask, VALUE) if (name := _layer_name(node))]
    group, links = mask.node_tree, mask.inputs[BELOW].links if BELOW in mask.inputs else ()
    below = links[0].from_socket if links else None
    targets = [link.to_socket for link in tree.links if link.from_node == mask]
    tree.nodes.remove(mask)
    for target in targets:
        if below is not None:
            tree.links.new(below, target)
        elif is_mask(target.node):
            target.node.inputs[ADD].default_value = False  # nothing is left to add to
    if group is not None and group.users == 0:
        bpy.data.node_groups.remove(group)
    remove_unused_sources(tree)
    for scene, name in scene_layers:
        passes.release(tree, scene, name)


def remove_all(tree: bpy.types.NodeTree, layer: bpy.types.Node) -> None:
    """Take all masks of a layer out."""
    for mask in list_masks(layer) if MASK in layer.inputs else ():
        remove(tree, mask)


def mark_source(node: bpy.types.Node) -> bpy.types.Node:
    """Say that a node of the scene's tree was added here, and goes when nothing uses it any more."""
    ownership_tags.set_fact(node, "source", True)
    return node


def remove_unused_sources(tree: bpy.types.NodeTree) -> None:
    """Remove the nodes that were added here and that feed nothing, then those that fed them."""
    while unused := [n for n in tree.nodes if ownership_tags.get_fact(n, "source") and not _is_linked(n)]:
        for node in unused:
            tree.nodes.remove(node)


def _is_linked(node: bpy.types.Node) -> bool:
    return any(socket.is_linked for socket in node.outputs or node.inputs)


def _layer_name(node: bpy.types.Node) -> str:
    if node.type == "R_LAYERS":
        return node.layer
    return node.layer_name.rpartition(".")[0] if node.type == "CRYPTOMATTE_V2" else ""


def _check_blocks(kind: MaskKind, blocks: Sequence[bpy.types.ID]) -> None:
    if not blocks and (kind.matte or kind.id == "IMAGE"):
        raise InputError(
            "There is nothing that the mask could choose.", next_step="Select visible objects, and try again."
        )
    for block in blocks if kind.matte else ():
        if "," in block.name or block.name != block.name.strip() or block.name.startswith("<"):
            raise InputError(
                f'Cryptomatte cannot choose the name "{block.name}".',
                next_step="Rename it without commas, and without spaces at its ends.",
            )


def _record(
    node: bpy.types.Node, kind: MaskKind, view_layer: bpy.types.ViewLayer, blocks: Sequence[bpy.types.ID]
) -> None:
    ownership_tags.set_fact(node, "kind", kind.id)
    ownership_tags.set_fact(node, "view_layer", view_layer.name)
    _record_blocks(node, blocks)
    node.label = _describe(blocks, kind)
    node.width = 180


def _record_blocks(node: bpy.types.Node, blocks: Sequence[bpy.types.ID]) -> None:
    for index in range(max(len(blocks), ownership_tags.get_count(node, "blocks"))):
        ownership_tags.set_fact(node, f"block_{index}", blocks[index] if index < len(blocks) else None)
    ownership_tags.set_fact(node, "blocks", len(blocks))


def _describe(blocks: Sequence[bpy.types.ID], kind: MaskKind) -> str:
    names = ", ".join(block.name for block in blocks)
    return shorten(names, _LABEL_LENGTH) if names else kind.item.label


def _connect_source(
    scene: bpy.types.Scene, mask: bpy.types.Node, kind: MaskKind, view_layer: bpy.types.ViewLayer
) -> None:
    tree, source = mask.id_data, None
    if kind.source == "CompositorNodeRLayers":
        present = (n for n in tree.nodes if n.type == "R_LAYERS" and n.scene == scene and n.layer == view_layer.name)
        source = next(present, None)
    if source is None:
        source = mark_source(tree.nodes.new(kind.source))
        source.location = (mask.location.x - 260, mask.location.y)
    if source.type in ("R_LAYERS", "CRYPTOMATTE_V2"):
        source.scene = scene
    if source.type == "R_LAYERS":
        source.layer = view_layer.name
    elif source.type == "IMAGE":
        source.image = ownership_tags.get_fact(mask, "block_0")
        sequences.set_frames(source)
    output = source.outputs[kind.output]
    tree.links.new(_decode(tree, source, output) if source.type == "IMAGE" else output, mask.inputs[VALUE])


def _decode(tree: bpy.types.NodeTree, source: bpy.types.Node, output: bpy.types.NodeSocket) -> bpy.types.NodeSocket:
    """The values as they are in the file: a half-grey mask chooses half, whatever its colour space is."""
    if source.image.colorspace_settings.is_data:
        return output
    node = mark_source(tree.nodes.new("CompositorNodeConvertColorSpace"))
    node.location = (source.location.x, source.location.y - 220)
    node.from_color_space, node.to_color_space = compat.get_working_colour_space(), "sRGB"
    tree.links.new(output, node.inputs[0])
    return node.outputs[0]


def _choose_blocks(
    scene: bpy.types.Scene,
    mask: bpy.types.Node,
    kind: MaskKind,
    view_layer: bpy.types.ViewLayer,
    log: DeliveryLog,
) -> None:
    """Write the present names into the Cryptomatte node; what the artist picked or dropped there stays so."""
    node = next((n for n in find_upstream(mask, VALUE) if n.type == "CRYPTOMATTE_V2"), None)
    if node is None:  # the artist feeds the mask by other nodes
        return
    try:
        node.layer_name = f"{view_layer.name}.{kind.matte}"
    except TypeError as error:
        raise InputError(
            f"{scene.render.engine} has no Cryptomatte passes.", next_step="Choose Cycles or EEVEE."
        ) from error
    written = ownership_tags.get_json(node, "names", [])
    tokens = [token.strip() for token in node.matte_id.split(",") if token.strip()]
    count = ownership_tags.get_count(mask, "blocks")
    chosen = [ownership_tags.get_fact(mask, f"block_{index}") for index in range(count)]
    kept = [
        (b, name) for b, name in zip(chosen, written or [None] * count, strict=False) if not written or name in tokens
    ]
    live = [block for block, _name in kept if _is_live(block)]
    if gone := [name for block, name in kept if not _is_live(block)]:
        log.add_note(f"A mask chose what was deleted: {', '.join(map(str, gone))}.")
    names = [block.name for block in live]
    node.matte_id = ",".join([*names, *(token for token in tokens if token not in {*written, *names})])
    ownership_tags.set_fact(node, "names", json.dumps(names))
    _record_blocks(mask, live)
    mask.label = _describe(live, kind)


def _is_live(block: bpy.types.ID | None) -> bool:
    return block is not None and (not isinstance(block, bpy.types.Object) or bool(block.users_scene))
