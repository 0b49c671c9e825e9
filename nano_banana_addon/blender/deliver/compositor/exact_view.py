# SPDX-License-Identifier: GPL-3.0-or-later
"""Exact colours (5.x): the view transform as a node on the render alone, and the scene set to Standard.

Standard shows every colour, so that a picture is saved as it was generated also where the view transform of the scene
could not show it. The group that holds the view transform keeps the scene's settings, which come back with its removal.
"""

from __future__ import annotations

from contextlib import ExitStack

import bpy

from ....core.errors import InputError
from ....identity import DISPLAY_NAME
from ...host import compat
from ..datablocks import ownership_tags
from ..datablocks.nodes import NodeBuilder
from . import colour
from .colour import NO_LOOK, STANDARD
from .node_group import IMAGE
from .view_inverse import add_exposure, add_gamma, apply_view

#: What the scene has while it is switched on, in the order in which Blender takes them: a view resets its look.
_NEUTRAL = {"view_transform": STANDARD, "look": NO_LOOK, "exposure": 0.0, "gamma": 1.0}
_MARK = "exact_view"

NOTE = (
    "The scene's view transform is now Standard, and its former one is applied to the render by a node."
    " 3D views, captures of them and File Output nodes use Standard, too, until you switch Exact Colours off."
)


def find_node(scene: bpy.types.Scene) -> bpy.types.Node | None:
    """The node that applies the view transform to a scene's render; None if exact colours are off."""
    tree = compat.compositor_tree(scene)
    groups = (node for node in (tree.nodes if tree else ()) if node.type == "GROUP" and node.node_tree)
    return next((node for node in groups if ownership_tags.get_fact(node.node_tree, _MARK)), None)


def find_blocker(scene: bpy.types.Scene) -> str:
    """Why exact colours cannot be switched on, as a sentence; "" if they can."""
    tree, (settings, _display) = compat.compositor_tree(scene), colour.find_view(scene)
    curves = colour.describe_curves(settings)
    reasons = {
        "Exact colours need Blender 5.": not compat.DISPLAY_NODE,
        "The scene or its compositor is linked from another file. Make it local.": scene.library
        or (tree and tree.library),
        "Compositing is switched off in the Output properties (Post Processing).": not scene.render.use_compositing,
        "The sequencer's strips replace this scene's render.": _has_strips(scene),
        "Other scenes use this compositor, too. Make it a single user first.": len(_list_scenes(tree)) > 1,
        f"The {curves} in Render > Color Management cannot be kept. Use nodes in the compositor instead.": curves,
        "The view transform is Standard, which shows every colour already.": all(
            getattr(settings, name) == value for name, value in _NEUTRAL.items()
        ),
    }
    return next((reason for reason, applies in reasons.items() if applies), "")


def _has_strips(scene: bpy.types.Scene) -> bool:
    return bool(scene.render.use_sequencer and scene.sequence_editor and len(scene.sequence_editor.strips))


def switch_on(scene: bpy.types.Scene, layer: bpy.types.Node) -> None:
    """Let the view transform act on what feeds the lowest `layer`, and set the scene to Standard.

    Raises `InputError` if that cannot be; then nothing has changed.
    """
    if reason := find_blocker(scene):
        raise InputError(reason)
    settings, display = colour.find_view(scene)
    tree = compat.compositor_tree(scene)
    with ExitStack() as undo:
        group = bpy.data.node_groups.new(f"{DISPLAY_NAME} View Transform", "CompositorNodeTree")
        undo.callback(bpy.data.node_groups.remove, group)
        _build(group, settings, display)
        undo.pop_all()
    for name in _NEUTRAL:
        ownership_tags.set_fact(group, name, getattr(settings, name))
    _insert(tree, group, layer.inputs[IMAGE])
    _set(settings, _NEUTRAL)


def switch_off(scene: bpy.types.Scene) -> bool:
    """Take the node out and give the scene and its copies their settings again; whether there was one."""
    node = find_node(scene)
    if node is None:
        return False
    group, tree = node.node_tree, compat.compositor_tree(scene)
    kept = {name: ownership_tags.get_fact(group, name, value) for name, value in _NEUTRAL.items()}
    sources = [link.from_socket for link in node.inputs[IMAGE].links]
    targets = [link.to_socket for link in node.outputs[IMAGE].links]
    tree.nodes.remove(node)
    for target in targets if sources else ():
        tree.links.new(sources[0], target)
    if group.users == 0:
        bpy.data.node_groups.remove(group)
    for each in _list_scenes(tree):
        _set(colour.find_view(each)[0], kept)
    return True


def describe_change(scene: bpy.types.Scene) -> str:
    """What the artist changed in the colour management while exact colours are on, as a sentence, or ""."""
    settings, _display = colour.find_view(scene)
    if find_node(scene) is None or all(getattr(settings, name) == value for name, value in _NEUTRAL.items()):
        return ""
    return "The colour management has changed since Exact Colours was switched on. Switch it off and on again."


def _list_scenes(tree: bpy.types.NodeTree | None) -> list[bpy.types.Scene]:
    scenes = [scene for scene in bpy.data.scenes if scene.library is None]
    return [scene for scene in scenes if tree is not None and compat.compositor_tree(scene) == tree]


def _set(settings: bpy.types.ColorManagedViewSettings, values: dict[str, object]) -> None:
    for name, value in values.items():
        setattr(settings, name, value)


def _build(group: bpy.types.NodeTree, settings: bpy.types.ColorManagedViewSettings, display: str) -> None:
    """The view transform with straight alpha, as when a render is saved, then the way back through Standard."""
    ownership_tags.set_fact(group, _MARK, True)
    group.interface.new_socket(IMAGE, in_out="INPUT", socket_type="NodeSocketColor")
    group.interface.new_socket(IMAGE, in_out="OUTPUT", socket_type="NodeSocketColor")
    builder = NodeBuilder(group)
    light = builder.add_node("NodeGroupInput").outputs[IMAGE]
    straight = builder.add_node("CompositorNodePremulKey")
    compat.to_straight_alpha(straight)
    light = add_exposure(builder, builder.link_through(light, straight), settings.exposure)
    displayed = apply_view(builder, light, settings.view_transform, settings.look, display)
    displayed = add_gamma(builder, displayed, 1 / settings.gamma)
    linear = apply_view(builder, displayed, STANDARD, NO_LOOK, display, invert=True)
    premultiplied = builder.add_node("CompositorNodePremulKey")
    builder.link(builder.link_through(linear, premultiplied), builder.add_node("NodeGroupOutput").inputs[IMAGE])
    builder.arrange()


def _insert(tree: bpy.types.NodeTree, group: bpy.types.NodeTree, target: bpy.types.NodeSocket) -> None:
    node = tree.nodes.new("CompositorNodeGroup")
    node.node_tree = group
    node.location = (target.node.location.x, target.node.location.y + 120)
    for link in target.links:
        tree.links.new(link.from_socket, node.inputs[IMAGE])
    tree.links.new(node.outputs[IMAGE], target)
