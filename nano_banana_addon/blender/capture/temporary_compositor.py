# SPDX-License-Identifier: GPL-3.0-or-later
"""The compositor of a temporary scene: as the artist's, but without this add-on's pictures in it, and without
files written."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import bpy

from ...identity import ID_TAG
from ..host import compat


@contextmanager
def without_own_groups(copy: bpy.types.Scene, original: bpy.types.Scene) -> Iterator[None]:
    """Mute this add-on's groups and all File Output nodes in a temporary copy of a scene.

    What was painted before would otherwise be in the picture that is to be painted. Trees that the copy
    shares with the original are copied first, and removed at the end.
    """
    tree = compat.compositor_tree(copy)
    if tree is None:
        yield
        return
    made: list[bpy.types.NodeTree] = []
    try:
        if compat.shares_compositor_tree():
            tree = _copied(tree, made)
            compat.set_compositor_tree(copy, tree)
        _adapt(tree, copy, original, made)
        yield
    finally:
        if compat.shares_compositor_tree():
            compat.set_compositor_tree(copy, None)
        for each in reversed(made):
            bpy.data.node_groups.remove(each)


def has_own_groups(scene: bpy.types.Scene) -> bool:
    """Whether a render of the scene goes through a group of this add-on."""
    tree = compat.compositor_tree(scene)
    return tree is not None and scene.render.use_compositing and _shows_own(tree)


def _shows_own(tree: bpy.types.NodeTree) -> bool:
    groups = [n.node_tree for n in tree.nodes if n.type == "GROUP" and n.node_tree and not n.mute]
    return any(ID_TAG in group or _shows_own(group) for group in groups)


def _copied(tree: bpy.types.NodeTree, made: list[bpy.types.NodeTree]) -> bpy.types.NodeTree:
    copy = tree.copy()
    made.append(copy)
    return copy


def _adapt(
    tree: bpy.types.NodeTree,
    copy: bpy.types.Scene,
    original: bpy.types.Scene,
    made: list[bpy.types.NodeTree],
) -> None:
    for node in tree.nodes:
        if node.type == "R_LAYERS" and node.scene == original:
            node.scene = copy
        elif node.type == "OUTPUT_FILE":
            node.mute = True
        elif node.type == "GROUP" and node.node_tree:
            if ID_TAG in node.node_tree:
                node.mute = True
            elif _concerned(node.node_tree):
                node.node_tree = _copied(node.node_tree, made)
                _adapt(node.node_tree, copy, original, made)


def _concerned(tree: bpy.types.NodeTree) -> bool:
    return any(
        n.type in ("R_LAYERS", "OUTPUT_FILE")
        or (n.type == "GROUP" and n.node_tree and (ID_TAG in n.node_tree or _concerned(n.node_tree)))
        for n in tree.nodes
    )
