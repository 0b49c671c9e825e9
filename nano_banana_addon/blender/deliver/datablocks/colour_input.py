# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a picture goes in a material that exists: the colour input of the shader that the output shows."""

from __future__ import annotations

from collections.abc import Iterator

import bpy

_PREFERRED = ("Base Color", "Color")


def find_colour_input(tree: bpy.types.NodeTree) -> bpy.types.NodeSocket | None:
    """The base colour of the surface: of the first Principled BSDF upstream of the active output.

    Else the first colour input of any shader or group there; None if there is none.
    """
    sockets = [s for node in _surface_nodes(tree) if (s := _find_colour_socket(node)) is not None]
    base = (s for s in sockets if s.name == "Base Color")
    return next(base, next(iter(sockets), None))


def _surface_nodes(tree: bpy.types.NodeTree) -> Iterator[bpy.types.Node]:
    """The nodes that make the surface's shader, nearest to the output first."""
    output = tree.get_output_node("ALL") or tree.get_output_node("CYCLES")
    output = output or tree.get_output_node("EEVEE")
    queue = _sources(output.inputs["Surface"]) if output else []
    visited: set[str] = set()
    while queue:
        node = queue.pop(0)
        if node.name in visited:
            continue
        visited.add(node.name)
        yield node
        for socket in node.inputs:
            if socket.type == "SHADER" or node.type == "REROUTE":
                queue.extend(_sources(socket))


def _sources(socket: bpy.types.NodeSocket) -> list[bpy.types.Node]:
    return [link.from_node for link in socket.links]


def _find_colour_socket(node: bpy.types.Node) -> bpy.types.NodeSocket | None:
    if not any(output.type == "SHADER" for output in node.outputs):
        return None
    colours = [s for s in node.inputs if s.type == "RGBA" and s.enabled and not s.hide]
    by_name = {socket.name: socket for socket in reversed(colours)}
    return next((by_name[n] for n in _PREFERRED if n in by_name), next(iter(colours), None))
