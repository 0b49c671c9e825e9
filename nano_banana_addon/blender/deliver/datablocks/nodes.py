# SPDX-License-Identifier: GPL-3.0-or-later
"""Short words for building node groups."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import bpy

Socket = bpy.types.NodeSocket
Operand = Socket | float | Sequence[float]

_COLUMN = 190.0
_ROW = 200.0


class NodeBuilder:
    """Makes nodes in one tree and links them; numbers go into unlinked sockets."""

    def __init__(self, tree: bpy.types.NodeTree) -> None:
        self.tree = tree

    def add_node(self, kind: str, label: str = "") -> Any:
        """A new node of a type."""
        made = self.tree.nodes.new(kind)
        made.label = label
        return made

    def link(self, source: Socket, target: Socket) -> None:
        """Connect two sockets."""
        self.tree.links.new(source, target)

    def link_through(self, source: Socket, node: bpy.types.Node) -> Socket:
        """Connect a socket to a node's first input; the node's first output."""
        self.link(source, node.inputs[0])
        return node.outputs[0]

    def feed(self, operand: Operand, target: Socket) -> None:
        """Link a socket, or set a number or vector."""
        if isinstance(operand, bpy.types.NodeSocket):
            self.link(operand, target)
        else:
            target.default_value = operand

    def math(self, operation: str, *operands: Operand) -> Socket:
        """A Math node over numbers."""
        node = self.add_node("ShaderNodeMath")
        node.operation = operation
        for operand, socket in zip(operands, node.inputs, strict=False):
            self.feed(operand, socket)
        return node.outputs[0]

    def vector(self, operation: str, a: Operand, b: Operand, output: str = "Vector") -> Socket:
        """A Vector Math node."""
        node = self.add_node("ShaderNodeVectorMath")
        node.operation = operation
        self.feed(a, node.inputs[0])
        self.feed(b, node.inputs[1])
        return node.outputs[output]

    def dot(self, a: Operand, b: Operand) -> Socket:
        """The dot product of two vectors."""
        return self.vector("DOT_PRODUCT", a, b, "Value")

    def plane(self, place: Socket, row: Sequence[float]) -> Socket:
        """row . (place, 1): the signed distance from a plane, in the plane's own scale."""
        return self.math("ADD", self.dot(place, tuple(row[:3])), row[3])

    def combine(self, x: Socket, y: Socket) -> Socket:
        """(x, y, 0)."""
        node = self.add_node("ShaderNodeCombineXYZ")
        self.link(x, node.inputs["X"])
        self.link(y, node.inputs["Y"])
        return node.outputs[0]

    def mix_colors(self, factor: Operand, a: Operand, b: Operand, blend: str = "MIX") -> Socket:
        """Colour a where the factor is 0, where it is 1 the colours blended by the mode `blend`: b for MIX."""
        node = self.add_node("ShaderNodeMix")
        node.data_type, node.blend_type = "RGBA", blend
        # Sockets of all data types share names; identifiers are unique.
        sockets = {socket.identifier: socket for socket in node.inputs}
        self.feed(factor, sockets["Factor_Float"])
        self.feed(a, sockets["A_Color"])
        self.feed(b, sockets["B_Color"])
        return next(s for s in node.outputs if s.identifier == "Result_Color")

    def arrange(self) -> None:
        """Lay the nodes out in columns by their distance from the inputs, so that an artist can read them."""
        columns: dict[int, int] = {}
        for node, depth in self._measure_depths().items():
            row = columns.get(depth, 0)
            columns[depth] = row + 1
            self.tree.nodes[node].location = (depth * _COLUMN, -row * _ROW)

    def _measure_depths(self) -> dict[str, int]:
        depths = {node.name: 0 for node in self.tree.nodes}
        links = [(link.from_node.name, link.to_node.name) for link in self.tree.links]
        for _ in depths:
            is_settled = True
            for source, target in links:
                if depths[target] <= depths[source]:
                    depths[target] = depths[source] + 1
                    is_settled = False
            if is_settled:
                break
        return depths
