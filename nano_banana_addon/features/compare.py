# SPDX-License-Identifier: GPL-3.0-or-later
"""Compare A/B: two images over each other in an Image Editor, with a divider that the mouse drags.

The images are loaded as images of this file for as long as that lasts, and drawn as they are in their files: as data,
so that no colour management comes between them and the screen.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import blf
import bpy
import gpu
from gpu_extras.batch import batch_for_shader

from ..core.constants import ReferenceRole
from ..core.errors import ErrorKind, InputError, NanoBananaError
from .history import lookup

_LINE = (1.0, 1.0, 1.0, 0.9)
_TITLE_SIZE = 13.0  # points at interface scale 1
_GRAB_WIDTH = 12.0  # pixels from the divider, on each side, in which the cursor shows that it can be dragged


@dataclass(slots=True)
class Wipe:
    """What is compared. Names and numbers only: data-blocks and areas may go at any time."""

    left: str  # names of images
    right: str
    titles: tuple[str, str]
    area: int
    previous_image: str  # the image that the editor showed
    sidebar: bool  # whether its sidebar was open; it would hide a part
    divider: float = 0.5  # across the region


_state: list[Wipe] = []
_handlers: list[object] = []


def get_active_wipe() -> Wipe | None:
    """The comparison that is shown, if any."""
    return _state[0] if _state else None


def begin(area: bpy.types.Area, left_id: str, right_id: str) -> None:
    """Show two generations in an Image Editor; left of one, for "", the image that it was made from.

    Raises `NanoBananaError` if an image is gone.
    """
    stop()
    paths = [_require_picture_path(left_id) if left_id else _require_source_path(right_id)]
    paths.append(_require_picture_path(right_id))
    titles = [lookup.find(each).request.prompt if each else "Before" for each in (left_id, right_id)]
    images = [_load(path) for path in paths]
    space = area.spaces.active
    previous_image = space.image.name if space.image else ""
    _state.append(
        Wipe(
            left=images[0].name,
            right=images[1].name,
            titles=(titles[0], titles[1]),
            area=area.as_pointer(),
            previous_image=previous_image,
            sidebar=space.show_region_ui,
        )
    )
    space.image, space.show_region_ui = images[0], False
    _handlers.append(bpy.types.SpaceImageEditor.draw_handler_add(_draw, (), "WINDOW", "POST_PIXEL"))
    area.tag_redraw()


def move_divider(area: bpy.types.Area, x: float) -> None:
    """Put the divider at a column of the region, 0 ... 1."""
    if _state:
        _state[0].divider = min(max(x, 0.0), 1.0)
        area.tag_redraw()


def is_near_divider(x: float, width: float) -> bool:
    """Whether the cursor, in pixels of a region of this width, is at the divider."""
    return bool(_state) and abs(x - _state[0].divider * width) <= _GRAB_WIDTH


def stop(area: bpy.types.Area | None = None) -> None:
    """End it: the editor shows its own image again, and the loaded images go."""
    while _handlers:
        bpy.types.SpaceImageEditor.draw_handler_remove(_handlers.pop(), "WINDOW")
    while _state:
        wipe = _state.pop()
        if area is not None and area.type == "IMAGE_EDITOR":
            space = area.spaces.active
            space.image = bpy.data.images.get(wipe.previous_image)
            space.show_region_ui = wipe.sidebar
            area.tag_redraw()
        for name in (wipe.left, wipe.right):
            if image := bpy.data.images.get(name):
                bpy.data.images.remove(image)


def _require_picture_path(generation_id: str) -> Path:
    generation = lookup.find(generation_id)
    picture = generation.picture
    if picture is None or not Path(picture.path).is_file():
        raise NanoBananaError(
            ErrorKind.INPUT,
            "One of the two generations has no image to compare.",
            next_step="Choose two results whose files exist.",
        )
    return Path(picture.path)


def _require_source_path(generation_id: str) -> Path:
    """The image of the scene that was sent for a generation, as the store keeps it."""
    references = lookup.find(generation_id).request.references
    path = next((r.path for r in references if r.role is ReferenceRole.STRUCTURE), "")
    if not path or not Path(path).is_file():
        raise InputError("The image that this one was made from is gone.", next_step="Choose another result.")
    return Path(path)


def _load(path: Path) -> bpy.types.Image:
    try:
        image = bpy.data.images.load(str(path), check_existing=False)
    except RuntimeError as error:
        raise NanoBananaError(
            ErrorKind.DISK, f"Blender cannot open the image {path}.", detail=str(error)[:500]
        ) from error
    image.name = ".Comparison"
    image.colorspace_settings.name = "Non-Color"
    return image


def _draw() -> None:
    """Called by Blender for every Image Editor's region."""
    context, wipe = bpy.context, get_active_wipe()
    if wipe is None or context.area is None or context.area.as_pointer() != wipe.area:
        return
    left, right = bpy.data.images.get(wipe.left), bpy.data.images.get(wipe.right)
    if left is None or right is None or context.space_data.image != left:
        return
    region = context.region
    x0, y0 = region.view2d.view_to_region(0.0, 0.0, clip=False)
    x1, y1 = region.view2d.view_to_region(1.0, 1.0, clip=False)
    divider_x = min(max(wipe.divider * region.width, x0), x1)
    share = (divider_x - x0) / max(x1 - x0, 1)
    _draw_part(left, (x0, y0, divider_x, y1), (0.0, share))
    _draw_part(right, (divider_x, y0, x1, y1), (share, 1.0))
    _draw_divider(divider_x, y0, y1)
    _draw_titles(wipe, region, context.preferences.system.ui_scale)


def _draw_part(image: bpy.types.Image, box: tuple[float, float, float, float], u_range: tuple[float, float]) -> None:
    x0, y0, x1, y1 = box
    if x1 - x0 < 1:
        return
    u0, u1 = u_range
    shader = gpu.shader.from_builtin("IMAGE")
    batch = batch_for_shader(
        shader,
        "TRI_FAN",
        {
            "pos": ((x0, y0), (x1, y0), (x1, y1), (x0, y1)),
            "texCoord": ((u0, 0), (u1, 0), (u1, 1), (u0, 1)),
        },
    )
    shader.bind()
    shader.uniform_sampler("image", gpu.texture.from_image(image))
    batch.draw(shader)


def _draw_divider(x: float, y0: float, y1: float) -> None:
    shader = gpu.shader.from_builtin("UNIFORM_COLOR")
    gpu.state.blend_set("ALPHA")
    shader.bind()
    for half, colour in ((2.0, (0.0, 0.0, 0.0, 0.5)), (1.0, _LINE)):
        corners = ((x - half, y0), (x + half, y0), (x + half, y1), (x - half, y1))
        shader.uniform_float("color", colour)
        batch_for_shader(shader, "TRI_FAN", {"pos": corners}).draw(shader)
    gpu.state.blend_set("NONE")


def _draw_titles(wipe: Wipe, region: bpy.types.Region, scale: float) -> None:
    """A and B in the upper corners, with the beginning of their prompts."""
    font = 0
    blf.size(font, _TITLE_SIZE * scale)
    blf.enable(font, blf.SHADOW)
    blf.shadow(font, 3, 0.0, 0.0, 0.0, 0.9)
    blf.color(font, 1.0, 1.0, 1.0, 1.0)
    margin = 16.0 * scale
    y = region.height - 3.5 * margin
    max_length = max(int(region.width / (9.0 * scale) / 2) - 6, 8)
    for letter, title, align_right in (("A", wipe.titles[0], False), ("B", wipe.titles[1], True)):
        text = f"{letter}   {' '.join(title.split())[:max_length]}"
        # The editor's own buttons for zoom and pan are at the right border.
        x = region.width - blf.dimensions(font, text)[0] - 4 * margin if align_right else margin
        blf.position(font, x, y, 0)
        blf.draw(font, text)
    blf.disable(font, blf.SHADOW)
