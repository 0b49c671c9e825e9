# SPDX-License-Identifier: GPL-3.0-or-later
"""The only file that knows Blender's versions (4.5 LTS, 5.0 and later)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import bpy

#: 5.0 made the compositor a node group of the scene, and menus of nodes sockets.
_FROM_5 = bpy.app.version >= (5, 0, 0)

_COMPOSITOR_OUTPUT = "NodeGroupOutput" if _FROM_5 else "CompositorNodeComposite"

#: The image that a new compositor's viewer makes.
_VIEWER = "Viewer Node"

#: The gamma node of the compositor: 5.0 took the shader's for all trees.
COMPOSITOR_GAMMA = "ShaderNodeGamma" if _FROM_5 else "CompositorNodeGamma"

#: The compositor's node that applies a view transform or undoes it; "" in 4.5.
DISPLAY_NODE = "CompositorNodeConvertToDisplay" if hasattr(bpy.types, "CompositorNodeConvertToDisplay") else ""

#: Whether Blender can list the assets of a folder for a remote asset library.
WRITES_LISTINGS = bpy.app.version >= (5, 2, 0)

#: Whether the compositor's Scale and Translate nodes can repeat an image's border pixels outside of it.
EXTENDS_EDGES = _FROM_5


#: The identifiers of EEVEE in all supported versions, this version's first.
EEVEE_ENGINES = (
    ("BLENDER_EEVEE", "BLENDER_EEVEE_NEXT")
    if _FROM_5
    else (
        "BLENDER_EEVEE_NEXT",
        "BLENDER_EEVEE",
    )
)
#: The engines that draw with the graphics driver, in a 3D view at once.
RASTER_ENGINES = (*EEVEE_ENGINES, "BLENDER_WORKBENCH")


def eevee_engine() -> str:
    """The identifier of EEVEE."""
    return EEVEE_ENGINES[0]


def set_compositor_tree(scene: bpy.types.Scene, tree: bpy.types.NodeTree | None) -> None:
    """Let a scene be composited by another node group (5.x; in 4.5 the tree is part of the scene)."""
    if _FROM_5:
        scene.compositing_node_group = tree


def shares_compositor_tree() -> bool:
    """Whether copies of a scene use the same tree as the original (5.x)."""
    return _FROM_5


#: What decides the format of a saved picture, each allowing the values of the next.
_FORMAT_PROPERTIES = ("media_type", "file_format", "color_mode", "color_depth", "exr_codec", "use_exr_interleave")


def image_format(settings: bpy.types.ImageFormatSettings) -> dict[str, Any]:
    """A scene's output format, for `set_image_format`."""
    return {n: getattr(settings, n) for n in _FORMAT_PROPERTIES if hasattr(settings, n)}


def set_image_format(settings: bpy.types.ImageFormatSettings, values: dict[str, Any]) -> None:
    """Set an output format; the order matters, and 4.5 lacks the first and the last of them."""
    for name in _FORMAT_PROPERTIES:
        if name in values and hasattr(settings, name):
            setattr(settings, name, values[name])


def compositor_tree(scene: bpy.types.Scene) -> bpy.types.NodeTree | None:
    """The node tree that a render of the scene goes through; None if there is none or it is switched off."""
    if _FROM_5:
        return scene.compositing_node_group
    return scene.node_tree if scene.use_nodes else None


def dormant_compositor_tree(scene: bpy.types.Scene) -> bpy.types.NodeTree | None:
    """A tree that the scene has but does not use (4.5: Use Nodes is off)."""
    return None if _FROM_5 or scene.use_nodes else scene.node_tree


def attach_compositor_tree(scene: bpy.types.Scene, name: str) -> bpy.types.NodeTree:
    """Give a scene without a used tree one: a new, empty one, or in 4.5 the one that was switched off."""
    if _FROM_5:
        tree = bpy.data.node_groups.new(name, "CompositorNodeTree")
        tree.interface.new_socket("Image", in_out="OUTPUT", socket_type="NodeSocketColor")
        scene.compositing_node_group = tree
        return tree
    had_tree = scene.node_tree is not None
    had_viewer = _VIEWER in bpy.data.images
    scene.use_nodes = True
    if not had_tree:
        scene.node_tree.nodes.clear()  # Blender starts it with nodes of its own
        if not had_viewer and _VIEWER in bpy.data.images:
            bpy.data.images.remove(bpy.data.images[_VIEWER])
    return scene.node_tree


def detach_compositor_tree(scene: bpy.types.Scene) -> None:
    """The opposite: remove the tree (5.x), or switch it off (4.5, where it is part of the scene)."""
    if not _FROM_5:
        scene.use_nodes = False
        return
    tree = scene.compositing_node_group
    scene.compositing_node_group = None
    if tree is not None and tree.users == 0:
        bpy.data.node_groups.remove(tree)


def compositor_output(tree: bpy.types.NodeTree) -> bpy.types.NodeSocket | None:
    """The socket that takes the final picture: of the active output node, else of the first. None if there is none."""
    outputs = [n for n in tree.nodes if is_compositor_output(n)]
    if _FROM_5:
        outputs.sort(key=lambda node: not node.is_active_output)
    elif tree.nodes.active in outputs:
        outputs.insert(0, tree.nodes.active)
    sockets = (s for node in outputs[:1] for s in node.inputs if s.type == "RGBA")
    return next(sockets, None)


def is_compositor_output(node: bpy.types.Node) -> bool:
    """Whether a node takes a tree's final picture."""
    return node.bl_idname == _COMPOSITOR_OUTPUT


def mark_compositor_asset(group: bpy.types.NodeTree) -> None:
    """Offer a node group in the compositor's asset shelf, which 4.5 does not have."""
    if _FROM_5:
        group.asset_mark()


def add_compositor_output(tree: bpy.types.NodeTree) -> bpy.types.NodeSocket:
    """An output for a tree that has none."""
    if _FROM_5 and not any(
        item.item_type == "SOCKET" and item.in_out == "OUTPUT" for item in tree.interface.items_tree
    ):
        tree.interface.new_socket("Image", in_out="OUTPUT", socket_type="NodeSocketColor")
    return tree.nodes.new(_COMPOSITOR_OUTPUT).inputs[0]


def scale_to_render_size(node: bpy.types.Node) -> None:
    """Make a compositor Scale node stretch its picture over the render's frame."""
    if _FROM_5:
        node.inputs["Type"].default_value = "Render Size"
        node.inputs["Frame Type"].default_value = "Stretch"
    else:
        node.space, node.frame_method = "RENDER_SIZE", "STRETCH"


def set_smooth_interpolation(node: bpy.types.Node, *, extend: bool = False) -> None:
    """Bicubic sampling for a compositor Scale or Translate node; `extend` repeats the border pixels outside (5.x)."""
    if "Interpolation" in node.inputs:
        node.inputs["Interpolation"].default_value = "Bicubic"
        for name in ("Extension X", "Extension Y") if extend else ():
            node.inputs[name].default_value = "Extend"
    elif hasattr(node, "interpolation"):
        node.interpolation = "BICUBIC"


def alpha_over_sockets(node: Any) -> tuple[Any, Any, Any]:
    """Factor, background and foreground of an Alpha Over node."""
    if _FROM_5:
        return node.inputs["Factor"], node.inputs["Background"], node.inputs["Foreground"]
    return node.inputs[0], node.inputs[1], node.inputs[2]


def set_alpha_mode(node: bpy.types.Node, *, replace: bool) -> None:
    """Make a Set Alpha node replace the alpha channel, or else multiply colours and alpha with it."""
    if _FROM_5:
        node.inputs["Type"].default_value = "Replace Alpha" if replace else "Apply Mask"
    else:
        node.mode = "REPLACE_ALPHA" if replace else "APPLY"


def to_straight_alpha(node: bpy.types.Node) -> None:
    """Make an Alpha Convert node divide the colours by the alpha channel."""
    if _FROM_5:
        node.inputs["Type"].default_value = "To Straight"
    else:
        node.mapping = "PREMUL_TO_STRAIGHT"


def get_working_colour_space() -> str:
    """The linear colour space that the compositor's pixels are in."""
    colours = getattr(bpy.data, "colorspace", None)
    return str(colours.working_space) if colours else "Linear Rec.709"


def uses_nodes(material: bpy.types.Material) -> bool:
    """Whether a material is made of nodes; always so from 5.0."""
    return _FROM_5 or material.use_nodes


def set_uses_nodes(material: bpy.types.Material, value: bool) -> None:
    """Switch a material's nodes on or off (4.5)."""
    if not _FROM_5:
        material.use_nodes = value


def set_plain_normal_map(node: bpy.types.Node) -> None:
    """Make a Normal Map node take OpenGL normals over the surface before displacement: what 4.5 does."""
    if hasattr(node, "convention"):
        node.convention, node.base = "OPENGL", "ORIGINAL"


def draw_text_box(layout: bpy.types.UILayout, data: Any, name: str, *, placeholder: str) -> None:
    """A wrapped box of several lines for a text (5.2), else a line."""
    if bpy.app.version >= (5, 2, 0):
        layout.textbox(data, name, initial_visible_lines=4, placeholder=placeholder)
    else:
        layout.prop(data, name, text="", placeholder=placeholder)


def get_annotation(scene: bpy.types.Scene) -> Any:
    """What the Annotate tool drew in a scene, or None; 5.0 gave it a type of its own."""
    return scene.annotation if _FROM_5 else scene.grease_pencil


def paste_image(context: bpy.types.Context) -> bpy.types.Image | None:
    """The clipboard's picture as a new image, or None.

    Blender pastes only in an Image Editor, so that the largest area of the window is one for a moment.
    """
    window = context.window
    if window is None or bpy.app.background:
        return None
    area = max(window.screen.areas, key=lambda a: a.width * a.height)
    previous_type, previous_images = area.type, set(bpy.data.images)
    area.type = "IMAGE_EDITOR"
    try:
        region = next(r for r in area.regions if r.type == "WINDOW")
        with context.temp_override(window=window, area=area, region=region):
            if bpy.ops.image.clipboard_paste.poll():
                bpy.ops.image.clipboard_paste()
    except RuntimeError:  # Blender reports "nothing pasted" as an error
        return None
    finally:
        area.type = previous_type
    return next((image for image in bpy.data.images if image not in previous_images), None)


def strip_span(strip: bpy.types.Strip) -> tuple[int, int]:
    """A strip's first frame and the frame after its last."""
    if hasattr(strip, "left_handle"):
        return int(strip.left_handle), int(strip.right_handle)
    return int(strip.frame_final_start), int(strip.frame_final_end)


def move_strip(strip: bpy.types.Strip, frames: int) -> None:
    """Let a strip begin so many frames later."""
    name = "content_start" if hasattr(strip, "content_start") else "frame_start"
    setattr(strip, name, getattr(strip, name) + frames)


def set_strip_length(strip: bpy.types.Strip, length: int) -> None:
    """Make a strip this many frames long; it begins where it began."""
    if hasattr(strip, "right_handle"):
        strip.right_handle = strip.left_handle + length
    else:
        strip.frame_final_duration = length


def set_strip_start(strip: bpy.types.Strip, start: int) -> None:
    """Let a strip begin at a frame; it ends where it ended."""
    setattr(strip, "left_handle" if hasattr(strip, "left_handle") else "frame_final_start", start)


def add_effect(
    strips: Any, kind: str, span: tuple[int, int], channel: int, inputs: Sequence[bpy.types.Strip] = ()
) -> bpy.types.Strip:
    """Add an effect strip over a span (first frame, frame after the last), on up to two strips."""
    start, stop = span
    end = {"length": stop - start} if _FROM_5 else {"frame_end": stop}
    of = {f"input{number}": each for number, each in enumerate(inputs, 1)}
    return strips.new_effect(name=kind.title(), type=kind, channel=channel, frame_start=start, **end, **of)


def shown_in_sequencer(window: bpy.types.Window) -> bpy.types.Scene | None:
    """The scene that a window's sequencers show."""
    return window.workspace.sequencer_scene if _FROM_5 else window.scene


def show_in_sequencer(window: bpy.types.Window, area: bpy.types.Area, scene: bpy.types.Scene) -> None:
    """Show a scene in a sequencer: since 5.0 it has a scene of its own, before it shows that of its window."""
    if _FROM_5:
        window.workspace.sequencer_scene = scene
    else:
        window.scene = scene
    area.tag_redraw()
