# SPDX-License-Identifier: GPL-3.0-or-later
"""Results over the render: layers at the end of the scene's compositor, before its output."""

from __future__ import annotations

from contextlib import ExitStack

import bpy

from ....core.errors import InputError
from ....core.scene.frames import Framing, Rectangle
from ....identity import DISPLAY_NAME
from ...capture.sources import SOURCES
from ...host import compat
from ..datablocks import files, ownership_tags, versions
from ..datablocks.delivery_report import DeliveryLog
from ..datablocks.ownership_tags import Role
from . import chain, colour, exact_view, masks, node_group

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
    *,
    as_layer: bool = False,
    continues: str = "",
) -> bpy.types.Node:
    """Show an image over the scene's render, with the view transform undone; the layer that shows it.

    It becomes a version of the layer that shows the generation `continues`, else of the topmost one; a layer of its own
    if there is none, or `as_layer`. Raises `InputError` if the compositor's nodes are linked from another file.
    """
    require_editable(scene)
    tree = compat.compositor_tree(scene) or _attach_tree(scene, log, undo)
    present = None if as_layer else _find_layer(scene, image, continues)
    node = present or chain.insert(tree, _new_group(), undo)
    group = _own_group(node)
    undo.callback(_rebuild, scene, group, versions.snapshot(group), versions.current(group))
    versions.add_version(group, image, {"window": window, "mask": mask.name if mask else ""})
    _show_current(scene, group, log)
    undo.callback(setattr, node, "label", node.label)
    node.label = image.name
    _note_obstacles(scene, log)
    log.add_name(group.name)
    return node


def _find_layer(scene: bpy.types.Scene, image: bpy.types.Image, continues: str) -> bpy.types.Node | None:
    layers = chain.list_layers(scene)[::-1]
    for node in layers:
        shown = [version.image for version in versions.list_versions(node.node_tree) if version.image]
        if image in shown or any(ownership_tags.get_fact(each, "generation") == continues != "" for each in shown):
            return node
    return layers[0] if layers else None


def _new_group() -> bpy.types.NodeTree:
    group = node_group.new_group(DISPLAY_NAME)
    ownership_tags.set_role(group, Role.COMPOSITOR_GROUP)
    compat.mark_compositor_asset(group)
    return group


def _own_group(node: bpy.types.Node) -> bpy.types.NodeTree:
    """The node's group, for it alone: a copied scene keeps its own picture."""
    group = node.node_tree
    if group.users - int(group.use_fake_user) > 1:
        group = node.node_tree = group.copy()
        compat.mark_compositor_asset(group)
    return group


def require_editable(scene: bpy.types.Scene) -> None:
    """Raise `InputError` if the compositor's nodes are linked from another file."""
    tree = compat.compositor_tree(scene)
    if tree is not None and tree.library is not None:
        raise InputError(
            f'The compositor of "{scene.name}" is linked from another file.',
            next_step="Make it local in the compositor's header, and try again.",
        )


def group_node(scene: bpy.types.Scene) -> bpy.types.Node | None:
    """The topmost layer of a scene's compositor, or None."""
    layers = chain.list_layers(scene)
    return layers[-1] if layers else None


def require_layer(scene: bpy.types.Scene, name: str = "") -> bpy.types.Node:
    """The layer of a node's name or label, the topmost for "". Raises `InputError` without one, or if linked."""
    require_editable(scene)
    layers = chain.list_layers(scene)[::-1]
    for node in layers:
        if name in ("", node.name, node.label):
            return node
    if name and layers:
        raise InputError(
            f'There is no layer "{name}".', next_step=f"Choose one of {', '.join(n.label or n.name for n in layers)}."
        )
    raise InputError(
        f'The compositor of "{scene.name}" has no image of this add-on.',
        next_step="Apply a result to it first.",
    )


def get_blend(group: bpy.types.NodeTree) -> str:
    """The blend mode of a layer's group."""
    return ownership_tags.get_fact(group, "blend", "MIX")


def set_blend(scene: bpy.types.Scene, layer: str, mode: str) -> None:
    """Blend a layer by another mode of Blender's Mix node. Raises `InputError` if the layer or its image is gone."""
    group = _own_group(require_layer(scene, layer))
    versions.require_image(versions.get_version(group, versions.current(group)))
    ownership_tags.set_fact(group, "blend", mode)
    _show_current(scene, group, DeliveryLog())


def switch_version(scene: bpy.types.Scene, index: int, layer: str = "") -> tuple[str, ...]:
    """Show another of the pictures that were delivered into a layer; notes on colours that cannot be kept.

    Raises `InputError` if there is none.
    """
    node = require_layer(scene, layer)
    group = _own_group(node)
    node.label = versions.require_image(versions.get_version(group, index)).name
    versions.set_current(group, index)
    log = DeliveryLog()
    _show_current(scene, group, log)
    return tuple(log.notes)


def refresh(scene: bpy.types.Scene) -> tuple[str, ...]:
    """Match all layers to the scene's present colour management, and their masks to the present names and passes.

    Notes on what cannot be undone, what is missing, and what was switched on. Raises `InputError` without a layer.
    """
    require_layer(scene)
    log = DeliveryLog()
    for node in chain.list_layers(scene):
        group = node.node_tree
        version = versions.get_version(group, versions.current(group))
        if version.image is None:
            log.add_note(f'The image of the layer "{node.label or node.name}" was removed from this file.')
        else:
            _show_current(scene, group, log)
            log.add_note(files.describe_missing(version.image))
        for mask in masks.list_masks(node):
            masks.refresh(scene, mask, log)
    return tuple(log.notes)


def set_exact(scene: bpy.types.Scene, *, enable: bool) -> tuple[str, ...]:
    """Switch exact colours on or off, and match the pictures; notes on what that changes.

    Raises `InputError` if they cannot be switched on, or no picture was delivered into the compositor.
    """
    require_layer(scene)
    if enable and exact_view.find_node(scene) is None:
        exact_view.switch_on(scene, chain.list_layers(scene)[0])
        return (exact_view.NOTE, *refresh(scene))
    if not enable:
        exact_view.switch_off(scene)
    return refresh(scene)


def remove(scene: bpy.types.Scene, layer: str | None = None) -> None:
    """Take a layer out (None: all), and link what fed it to what it fed; a compositor that was begun here goes, too.

    Raises `InputError` if no picture was delivered into the compositor.
    """
    first = require_layer(scene, layer or "")
    tree = compat.compositor_tree(scene)
    if layer is None or len(chain.list_layers(scene)) == 1:
        exact_view.switch_off(scene)
    for node in [first] if layer else chain.list_layers(scene)[::-1]:
        chain.remove(tree, node)
    is_own_tree = ownership_tags.has_role(tree, Role.COMPOSITOR_TREE) and not chain.list_layers(scene)
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


def _show_current(scene: bpy.types.Scene, group: bpy.types.NodeTree, log: DeliveryLog) -> None:
    version = versions.get_version(group, versions.current(group))
    inverse = colour.inverse_of(scene)
    left, top, right, bottom = version.facts["window"]
    mask = bpy.data.images.get(version.facts.get("mask", ""))
    image = versions.require_image(version)
    node_group.build(group, image, (left, top, right, bottom), inverse, mask, get_blend(group))
    for note in (*inverse.notes, exact_view.describe_change(scene)):
        log.add_note(note)


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
