# SPDX-License-Identifier: GPL-3.0-or-later
"""The passes that masks need, switched on where they are off, and off again when nothing uses them any more."""

from __future__ import annotations

import bpy

from ....core.errors import InputError
from ..datablocks import ownership_tags
from ..datablocks.delivery_report import DeliveryLog
from .mask_kinds import MASK_KINDS, MaskKind

_WORKBENCH = "BLENDER_WORKBENCH"


def require(scene: bpy.types.Scene, view_layer: bpy.types.ViewLayer, kind: MaskKind, log: DeliveryLog) -> None:
    """Switch on the pass of a mask, with a note. Raises `InputError` where the render engine has none."""
    name = kind.layer_pass
    if not name:
        return
    if scene.render.engine == _WORKBENCH and name != "use_pass_z":
        raise InputError(
            f"Workbench has no {_label(view_layer, name)} pass.",
            next_step="Choose EEVEE or Cycles as the render engine.",
        )
    if not getattr(view_layer, name):
        setattr(view_layer, name, True)
        ownership_tags.set_fact(view_layer, name, True)
        log.add_note(
            f'The pass {_label(view_layer, name)} of the view layer "{view_layer.name}" was switched on for the mask.'
        )


def release(tree: bpy.types.NodeTree, scene: bpy.types.Scene, layer_name: str) -> None:
    """Switch off the passes of a view layer that were switched on here and that no node of the compositor uses."""
    view_layer = scene.view_layers.get(layer_name)
    if view_layer is None:
        return
    for kind in MASK_KINDS.values():
        name = kind.layer_pass
        if name and ownership_tags.get_fact(view_layer, name) and not _is_used(tree, scene, layer_name, kind):
            setattr(view_layer, name, False)
            ownership_tags.set_fact(view_layer, name, None)


def _is_used(tree: bpy.types.NodeTree, scene: bpy.types.Scene, layer_name: str, kind: MaskKind) -> bool:
    return any(_uses(node, layer_name, kind) for node in tree.nodes if getattr(node, "scene", None) == scene)


def _uses(node: bpy.types.Node, layer_name: str, kind: MaskKind) -> bool:
    if node.type == "CRYPTOMATTE_V2":
        return bool(kind.matte) and node.layer_name == f"{layer_name}.{kind.matte}"
    sockets = [s.name for s in node.outputs if s.is_linked] if node.type == "R_LAYERS" else []
    return (
        node.type == "R_LAYERS"
        and node.layer == layer_name
        and any(name.startswith(kind.matte or kind.output) for name in sockets)
    )


def _label(view_layer: bpy.types.ViewLayer, name: str) -> str:
    return view_layer.bl_rna.properties[name].name
