# SPDX-License-Identifier: GPL-3.0-or-later
"""A result over the render: one node group at the end of the scene's compositor, before its output."""

from __future__ import annotations

from contextlib import ExitStack

import bpy

from ....core.errors import InputError
from ....core.frames import Framing, Rectangle
from ....identity import DISPLAY_NAME
from ...capture.sources import SOURCES
from ...host import compat
from ..datablocks import ownership_tags, versions
from ..datablocks.delivery_report import DeliveryLog
from ..datablocks.ownership_tags import Role
from . import colour, node_group
from .node_group import IMAGE

_PLAIN_NODES = frozenset(
    {
        "CompositorNodeRLayers",
        "CompositorNodeComposite",
        "CompositorNodeViewer",
        "NodeReroute",
        "NodeGroupOutput",
    }
)
_SHAPE_TOLERANCE = 0.002  # of the ratio: 4 pixels in 2000


def apply(
    image: bpy.types.Image,
    window: Rectangle,
    scene: bpy.types.Scene,
    log: DeliveryLog,
    undo: ExitStack,
    mask: bpy.types.Image | None = None,
) -> None:
    """Show an image over the scene's render, with the view transform undone.

    Raises `InputError` if the compositor's nodes are linked from another file.
    """
    require_editable(scene)
    tree = compat.compositor_tree(scene) or _attach_tree(scene, log, undo)
    node = group_node(scene) or _insert_group(tree, undo)
    group = node.node_tree
    if group.users > 1:  # a copied scene keeps its own picture
        group = node.node_tree = group.copy()
    undo.callback(_rebuild, scene, group, versions.snapshot(group), versions.current(group))
    versions.add_version(group, image, {"window": window, "mask": mask.name if mask else ""})
    _show_current(scene, group, log)
    _note_obstacles(scene, log)
    log.add_name(group.name)


def require_editable(scene: bpy.types.Scene) -> None:
    """Raise `InputError` if the compositor's nodes are linked from another file."""
    tree = compat.compositor_tree(scene)
    if tree is not None and tree.library is not None:
        raise InputError(
            f'The compositor of "{scene.name}" is linked from another file.',
            next_step="Make it local in the compositor's header, and try again.",
        )


def group_node(scene: bpy.types.Scene) -> bpy.types.Node | None:
    """The node that was put into a scene's compositor here, or None."""
    tree = compat.compositor_tree(scene)
    groups = (n for n in (tree.nodes if tree else ()) if n.type == "GROUP")
    return next((n for n in groups if ownership_tags.has_role(n.node_tree, Role.COMPOSITOR_GROUP)), None)


def switch_version(scene: bpy.types.Scene, index: int) -> tuple[str, ...]:
    """Show another of the pictures that were delivered into the compositor; notes on colours that cannot be kept.

    Raises `InputError` if there is none.
    """
    group = _require_group(scene)
    versions.require_image(versions.get_version(group, index))
    versions.set_current(group, index)
    return _refresh_group(scene, group)


def refresh(scene: bpy.types.Scene) -> tuple[str, ...]:
    """Match the picture to the scene's present colour management; notes on what cannot be undone.

    Raises `InputError` if no picture was delivered into the compositor.
    """
    return _refresh_group(scene, _require_group(scene))


def remove(scene: bpy.types.Scene) -> None:
    """Take the group out and link what fed it to the output again; a compositor that was begun here goes, too.

    Raises `InputError` if no picture was delivered into the compositor.
    """
    _require_group(scene)
    tree, node = compat.compositor_tree(scene), group_node(scene)
    _remove_node(tree, node)
    is_own_tree = ownership_tags.has_role(tree, Role.COMPOSITOR_TREE)
    if is_own_tree and all(n.bl_idname in _PLAIN_NODES for n in tree.nodes):
        _detach_tree(scene)


def window_of(
    framing: Framing | None, source: str, image_size: tuple[int, int], scene: bpy.types.Scene
) -> tuple[Rectangle, str]:
    """The part of the camera's frame that a picture shows, and a note where that is not exact.

    A capture of the camera says it exactly; other pictures are laid over the whole frame, centred, the longer side cut
    off. `image_size` is in pixels.
    """
    frame = frame_of(scene)
    if framing is None or source not in SOURCES or not SOURCES[source].shows_frame:
        ratio = (image_size[0] / image_size[1]) / (frame[0] / frame[1])
        across, down = max(1.0, ratio) / 2, max(1.0, 1 / ratio) / 2
        note = "The image was not captured from the camera: it fills its frame."
        return (0.5 - across, 0.5 - down, 0.5 + across, 0.5 + down), note if framing else ""
    shape = (framing.frame[0] / framing.frame[1]) / (frame[0] / frame[1])
    is_reshaped = abs(shape - 1) > _SHAPE_TOLERANCE
    return framing.window, _RESHAPED_NOTE if is_reshaped else ""


_RESHAPED_NOTE = (
    "The render's shape has changed since the capture: the image is stretched."
    " Capture again, or set the resolution back."
)


def frame_of(scene: bpy.types.Scene) -> tuple[float, float]:
    """The render's frame in square pixels."""
    render = scene.render
    return (
        render.resolution_x * render.pixel_aspect_x,
        render.resolution_y * render.pixel_aspect_y,
    )


def _attach_tree(scene: bpy.types.Scene, log: DeliveryLog, undo: ExitStack) -> bpy.types.NodeTree:
    dormant = compat.dormant_compositor_tree(scene)
    if dormant and any(n.bl_idname not in _PLAIN_NODES for n in dormant.nodes):
        log.add_note("The scene's compositor nodes were switched off; they take effect now, too.")
    tree = compat.attach_compositor_tree(scene, f"{DISPLAY_NAME} Compositor")
    undo.callback(_detach_tree, scene)
    ownership_tags.set_role(tree, Role.COMPOSITOR_TREE)
    return tree


def _detach_tree(scene: bpy.types.Scene) -> None:
    tree = compat.compositor_tree(scene)
    if tree is not None:
        tree.pop(ownership_tags.ID_TAG, None)
        compat.detach_compositor_tree(scene)


def _insert_group(tree: bpy.types.NodeTree, undo: ExitStack) -> bpy.types.Node:
    output = compat.compositor_output(tree) or compat.add_compositor_output(tree)
    source = output.links[0].from_socket if output.is_linked else _find_render_layers(tree, output)
    node = tree.nodes.new("CompositorNodeGroup")
    undo.callback(_remove_node, tree, node)
    node.node_tree = node_group.new_group(DISPLAY_NAME)
    ownership_tags.set_role(node.node_tree, Role.COMPOSITOR_GROUP)
    node.width = 200
    node.location = (output.node.location.x, output.node.location.y)
    output.node.location.x += 260
    tree.links.new(source, node.inputs[IMAGE])
    tree.links.new(node.outputs[IMAGE], output)
    return node


def _find_render_layers(tree: bpy.types.NodeTree, output: bpy.types.NodeSocket) -> bpy.types.NodeSocket:
    present = (n for n in tree.nodes if n.bl_idname == "CompositorNodeRLayers")
    node = next(present, None)
    if node is None:
        node = tree.nodes.new("CompositorNodeRLayers")
        node.location = (output.node.location.x - 320, output.node.location.y)
    return node.outputs["Image"]


def _remove_node(tree: bpy.types.NodeTree, node: bpy.types.Node) -> None:
    group = node.node_tree
    links = node.inputs[IMAGE].links if node.inputs else ()
    source_socket = links[0].from_socket if links else None
    target_sockets = [link.to_socket for link in tree.links if link.from_node == node]
    for socket in target_sockets:
        socket.node.location.x -= 260
    tree.nodes.remove(node)
    if source_socket is not None:
        for socket in target_sockets:
            tree.links.new(source_socket, socket)
    if group is not None and group.users == 0:
        bpy.data.node_groups.remove(group)


def _show_current(scene: bpy.types.Scene, group: bpy.types.NodeTree, log: DeliveryLog) -> None:
    version = versions.get_version(group, versions.current(group))
    inverse = colour.inverse_of(scene)
    left, top, right, bottom = version.facts["window"]
    mask = bpy.data.images.get(version.facts.get("mask", ""))
    image = versions.require_image(version)
    node_group.build(group, image, (left, top, right, bottom), inverse, mask)
    for note in inverse.notes:
        log.add_note(note)


def _refresh_group(scene: bpy.types.Scene, group: bpy.types.NodeTree) -> tuple[str, ...]:
    log = DeliveryLog()
    _show_current(scene, group, log)
    return tuple(log.notes)


def _rebuild(
    scene: bpy.types.Scene,
    group: bpy.types.NodeTree,
    previous_versions: list[versions.Version],
    version_index: int,
) -> None:
    versions.restore(group, previous_versions, version_index)
    if 0 <= version_index < len(previous_versions) and previous_versions[version_index].image is not None:
        _show_current(scene, group, DeliveryLog())


def _note_obstacles(scene: bpy.types.Scene, log: DeliveryLog) -> None:
    render = scene.render
    if not render.use_compositing:
        log.add_note(
            "Compositing is switched off in this scene's Output properties (Post Processing):"
            " renders do not show the image yet."
        )
    strips = scene.sequence_editor.strips if scene.sequence_editor else ()
    if render.use_sequencer and len(strips):
        log.add_note("The sequencer's strips replace this scene's render, so they hide the image.")


def _require_group(scene: bpy.types.Scene) -> bpy.types.NodeTree:
    node = group_node(scene)
    if node is None:
        raise InputError(
            f'The compositor of "{scene.name}" has no image of this add-on.',
            next_step="Apply a result to it first.",
        )
    return node.node_tree
