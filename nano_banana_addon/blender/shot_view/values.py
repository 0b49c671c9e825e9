# SPDX-License-Identifier: GPL-3.0-or-later
"""The values of Blender data that decide how it looks, without names and selections.

Equal in two sessions for what was saved and opened again.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import bpy
import numpy as np

#: Of node trees: a tree within trees.
_DEPTH = 8
_DIGITS = 5
_SAMPLE = 64 * 1024  # bytes
#: What every data-block and every node has says nothing of its look; of nodes but whether they are muted.
_ID_NAMES = frozenset(bpy.types.ID.bl_rna.properties.keys())
_NODE_NAMES = frozenset(bpy.types.Node.bl_rna.properties.keys()) - {"mute"}
_PLAIN = ("BOOLEAN", "INT", "FLOAT", "STRING", "ENUM")
#: Values of the interface, by the beginnings of their names.
_INTERFACE = (
    "rna_type",
    "name",
    "animation_data",
    "select",
    "active",
    "paint_",
    "preview",
    "show_expanded",
    "is_property",
    "bl_",
)
#: Collections whose items decide: of ramps and curves.
_ITEMS = ("elements", "curves", "points")
#: The values of an attribute by its type; the others have "value".
_ATTRIBUTE_VALUES = {"FLOAT_VECTOR": "vector", "FLOAT2": "vector", "FLOAT_COLOR": "color", "BYTE_COLOR": "color"}
_WIDTHS = {"FLOAT_VECTOR": 3, "FLOAT2": 2, "FLOAT_COLOR": 4, "BYTE_COLOR": 4, "INT32_2D": 2, "INT16_2D": 2}
_WIDTHS |= {"QUATERNION": 4, "FLOAT4X4": 16, "STRING": 0}


def round_numbers(values: Any) -> tuple[float, ...]:
    """Numbers as they count: noise of the last digits does not."""
    return tuple(np.round(np.asarray(values, np.float64).ravel(), _DIGITS) + 0.0)


def list_values(block: Any, skip: frozenset[str] = _ID_NAMES, depth: int = _DEPTH) -> Iterator[object]:
    """The values of a data-block or of a part of it, in a fixed order."""
    for prop in block.bl_rna.properties:
        name = prop.identifier
        if name in skip or name.startswith(_INTERFACE) or getattr(prop, "is_deprecated", False):
            continue
        if prop.type in _PLAIN:
            yield name, _read_plain(block, prop)
        elif prop.type == "POINTER" and depth:
            yield name
            yield from _list_target(getattr(block, name), depth)
        elif name in _ITEMS and depth:
            for item in getattr(block, name):
                yield from list_values(item, frozenset(), depth - 1)


def _read_plain(block: Any, prop: Any) -> object:
    value = getattr(block, prop.identifier)
    if prop.type == "FLOAT":
        return round_numbers(value)
    if getattr(prop, "is_array", False):
        return tuple(np.asarray(value).ravel())
    return tuple(sorted(value)) if isinstance(value, set) else value


def _list_target(target: Any, depth: int) -> Iterator[object]:
    if isinstance(target, bpy.types.NodeTree):
        yield from _list_nodes(target, depth - 1)
    elif isinstance(target, bpy.types.Image):
        yield from _list_image(target)
    elif isinstance(target, bpy.types.Object):
        yield round_numbers(target.matrix_world)
    elif isinstance(target, bpy.types.ID):
        yield target.name
    elif target is not None:
        yield from list_values(target, frozenset(), depth - 1)


def _list_nodes(tree: bpy.types.NodeTree, depth: int) -> Iterator[object]:
    if depth <= 0:
        return
    numbers = {node.as_pointer(): number for number, node in enumerate(tree.nodes)}
    for node in tree.nodes:
        yield node.bl_idname
        yield from list_values(node, _NODE_NAMES, depth)
        for socket in (*node.inputs, *node.outputs):
            value = getattr(socket, "default_value", None)
            if isinstance(value, bpy.types.ID):
                yield from _list_target(value, depth)
            else:
                yield value if value is None or isinstance(value, str) else round_numbers(value)
    for link in tree.links:
        ends = ((link.from_node, link.from_socket), (link.to_node, link.to_socket))
        yield tuple((numbers[node.as_pointer()], socket.identifier) for node, socket in ends), link.is_muted


def _list_image(image: bpy.types.Image) -> Iterator[object]:
    """What tells images apart without decoding them."""
    yield image.source, image.filepath, image.colorspace_settings.name, image.alpha_mode, image.is_dirty
    yield image.packed_file.size if image.packed_file else _sample_file(bpy.path.abspath(image.filepath))
    if image.source in ("SEQUENCE", "MOVIE"):
        yield bpy.context.scene.frame_current


def _sample_file(path: str) -> bytes:
    """The size, the beginning and the end of a file: any change of an image changes them."""
    try:
        with Path(path).open("rb") as file:
            head = file.read(_SAMPLE)
            size = file.seek(0, 2)
            file.seek(max(size - _SAMPLE, 0))
            return b"%d" % size + head + file.read(_SAMPLE)
    except OSError:
        return b""


def uses_animation(material: bpy.types.Material) -> bool:
    """Whether a material may look different at another frame."""
    trees = [material.node_tree] if material.node_tree else []
    for tree in trees:
        groups = [getattr(node, "node_tree", None) for node in tree.nodes]
        trees += [group for group in groups if group and group not in trees]
        if tree.animation_data or any(_is_movie(getattr(node, "image", None)) for node in tree.nodes):
            return True
    return material.animation_data is not None


def _is_movie(image: bpy.types.Image | None) -> bool:
    return image is not None and image.source in ("SEQUENCE", "MOVIE")


def list_geometry(item: bpy.types.Object) -> Iterator[object]:
    """The evaluated geometry of an object: its arrays as bytes, or its values where it has none."""
    data = item.data
    if isinstance(data, bpy.types.Mesh):
        yield from _list_mesh(data)
    elif item.type in ("CURVE", "SURFACE", "FONT", "META"):
        yield from _list_mesh(item.to_mesh())
        item.to_mesh_clear()
    elif item.type == "GREASEPENCIL":
        for layer in data.layers:
            frame = layer.current_frame()
            yield layer.hide, layer.opacity
            if frame:
                yield from _list_attributes(frame.drawing.attributes)
    elif hasattr(data, "attributes"):
        yield from _list_attributes(data.attributes)
    else:
        yield from list_values(data)


def _list_mesh(mesh: bpy.types.Mesh) -> Iterator[object]:
    starts = np.empty(len(mesh.polygons), np.int32)
    mesh.polygons.foreach_get("loop_start", starts)
    yield starts.tobytes()
    yield from _list_attributes(mesh.attributes)


def _list_attributes(attributes: Any) -> Iterator[object]:
    """Name and bytes of each attribute but selections and what is hidden while editing."""
    for attribute in sorted(attributes, key=lambda a: a.name):
        width = _WIDTHS.get(attribute.data_type, 1)
        if not width or attribute.name.startswith(
            (".select", ".hide", ".uv_select", ".vs.", ".es.", ".pn.", ".sculpt")
        ):
            continue
        is_float = attribute.data_type.startswith(("FLOAT", "QUATERNION", "BYTE_COLOR"))
        kind = np.float32 if is_float else bool if attribute.data_type == "BOOLEAN" else np.int32
        values = np.empty(len(attribute.data) * width, kind)
        attribute.data.foreach_get(_ATTRIBUTE_VALUES.get(attribute.data_type, "value"), values)
        yield attribute.name, attribute.domain
        yield values.tobytes()
