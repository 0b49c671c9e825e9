# SPDX-License-Identifier: GPL-3.0-or-later
"""The compositor of a temporary scene: the artist's, without this add-on's images and without file outputs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import bpy

from ...identity import ID_TAG
from ..host import compat


@contextmanager
def mute_own_groups(copy: bpy.types.Scene, original: bpy.types.Scene) -> Iterator[None]:
    """Mute this add-on's groups and all File Output nodes in a temporary copy of a scene.

    What was painted before would otherwise be in the picture that is to be painted. Trees that the copy shares with the
    original are copied first, and removed at the end.
    """
    tree = compat.compositor_tree(copy)
    if tree is None:
        yield
        return
    tree_copies: list[bpy.types.NodeTree] = []
    try:
        if compat.shares_compositor_tree():
            tree = _copy_tree(tree, tree_copies)
            compat.set_compositor_tree(copy, tree)
        _adapt(tree, copy, original, tree_copies)
        yield
    finally:
        if compat.shares_compositor_tree():
            compat.set_compositor_tree(copy, None)
        for tree_copy in reversed(tree_copies):
            bpy.data.node_groups.remove(tree_copy)


def has_own_groups(scene: bpy.types.Scene) -> bool:
    """Whether a render of the scene goes through a group of this add-on."""
    tree = compat.compositor_tree(scene)
    return tree is not None and scene.render.use_compositing and _uses_own_groups(tree)


def _uses_own_groups(tree: bpy.types.NodeTree) -> bool:
    groups = [n.node_tree for n in tree.nodes if n.type == "GROUP" and n.node_tree and not n.mute]
    return any(ID_TAG in group or _uses_own_groups(group) for group in groups)


def _copy_tree(tree: bpy.types.NodeTree, tree_copies: list[bpy.types.NodeTree]) -> bpy.types.NodeTree:
    copy = tree.copy()
    tree_copies.append(copy)
    return copy


def _adapt(
    tree: bpy.types.NodeTree,
    copy: bpy.types.Scene,
    original: bpy.types.Scene,
    tree_copies: list[bpy.types.NodeTree],
) -> None:
    for node in tree.nodes:
        if node.type == "R_LAYERS" and node.scene == original:
            node.scene = copy
        elif node.type == "OUTPUT_FILE":
            node.mute = True
        elif node.type == "GROUP" and node.node_tree:
            if ID_TAG in node.node_tree:
                node.mute = True
            elif _needs_copy(node.node_tree):
                node.node_tree = _copy_tree(node.node_tree, tree_copies)
                _adapt(node.node_tree, copy, original, tree_copies)


def _needs_copy(tree: bpy.types.NodeTree) -> bool:
    return any(
        n.type in ("R_LAYERS", "OUTPUT_FILE")
        or (n.type == "GROUP" and n.node_tree and (ID_TAG in n.node_tree or _needs_copy(n.node_tree)))
        for n in tree.nodes
    )
