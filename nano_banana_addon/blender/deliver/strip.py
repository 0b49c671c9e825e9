# SPDX-License-Identifier: GPL-3.0-or-later
"""Results as image strips of a storyboard: a scene of its own, because strips replace their scene's render."""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import ExitStack

import bpy

from ...core.request import GenerationRequest
from ...identity import ID_TAG
from ..capture.sources import CaptureSource
from ..host import compat
from . import recipients
from .datablocks import ownership_tags
from .datablocks.delivery_context import DeliveryContext
from .datablocks.delivery_report import DeliveryLog
from .datablocks.image import find_file
from .datablocks.ownership_tags import Role

_FIRST_CHANNEL, _LAST_CHANNEL = 1, 128  # of Blender's sequencer
_DEFAULT_SECONDS = 2
_NO_FILE = "//nano_banana.pending"


def check(request: GenerationRequest, context: bpy.types.Context, _source: CaptureSource) -> None:
    """Raise `InputError` for a scene that cannot be changed."""
    recipients.resolve_scene(request, context)


def apply(delivery: DeliveryContext, log: DeliveryLog, undo: ExitStack) -> None:
    """Add an image as a strip to the storyboard of a scene, at the request's frames (length 0: two seconds).

    A strip is put on the first channel that is free for its whole length, so a later image of the same shot lies above
    (and hides) the earlier one. Nothing is decoded.
    """
    scene, image = recipients.resolve_scene(delivery.request, delivery.context), delivery.image
    start = delivery.request.delivery.strip_start
    scale = _find_scale(delivery, scene, log)
    board = find_storyboard(scene) or _new_storyboard(scene, undo)
    editor = board.sequence_editor or board.sequence_editor_create()
    length = delivery.request.delivery.strip_length or max(1, round(_DEFAULT_SECONDS * _frame_rate(board)))
    channel = find_free_channel(editor.strips, start, length)
    path = _find_file(image, log)
    # With a path that does not exist Blender reads nothing; the true one is read when it is first
    # shown.
    strip = editor.strips.new_image(
        name=image.name,
        filepath=_NO_FILE,
        channel=channel,
        frame_start=start,
        fit_method="ORIGINAL",
    )
    undo.callback(editor.strips.remove, strip)
    _set_file(strip, path)
    strip.colorspace_settings.name = "sRGB"  # Blender looks it up in files that it reads at once
    compat.set_strip_length(strip, length)
    strip.transform.scale_x, strip.transform.scale_y = scale
    ownership_tags.set_role(strip, Role.IMAGE)
    ownership_tags.set_fact(strip, "image", image)
    for fact, value in (("shot", delivery.request.shot_id), ("seen", delivery.request.seen)):
        ownership_tags.set_fact(strip, fact, ownership_tags.clean_text(value) or None)
    for name in ("frame_start", "frame_end"):
        undo.callback(setattr, board, name, getattr(board, name))
    _extend_range(board, start, start + length - 1)
    log.add_name(strip.name)


def move(strip: bpy.types.Strip, start: int, length: int) -> None:
    """Let a strip begin at another frame, on the first channel that is free there if its own is not."""
    editor = strip.id_data.sequence_editor
    others = [s for s in editor.strips if s != strip]
    spans = [compat.strip_span(s) for s in others if s.channel == strip.channel]
    if any(first < start + length and stop > start for first, stop in spans):
        strip.channel = find_free_channel(others, start, length)
    compat.move_strip(strip, start - compat.strip_span(strip)[0])
    compat.set_strip_length(strip, length)
    _extend_range(strip.id_data, start, start + length - 1)


def replace_file(before: bpy.types.Image, after: bpy.types.Image) -> None:
    """Let all strips that show the file of one image show that of another; strips know no images."""
    old, path = (bpy.path.abspath(find_file(image)) for image in (before, after))
    editors = [scene.sequence_editor for scene in bpy.data.scenes if scene.library is None and scene.sequence_editor]
    for strip in (strip for editor in editors for strip in editor.strips_all if strip.type == "IMAGE"):
        shown = bpy.path.abspath(strip.directory + strip.elements[0].filename)
        if old and path and len(strip.elements) == 1 and os.path.normpath(shown) == os.path.normpath(old):
            _set_file(strip, find_file(after) if find_file(after).startswith("//") else path)


def _set_file(strip: bpy.types.Strip, path: str) -> None:
    name = bpy.path.basename(path)
    strip.directory = path.removesuffix(name)
    strip.elements[0].filename = name


def find_storyboard(scene: bpy.types.Scene) -> bpy.types.Scene | None:
    """The storyboard scene of a scene, or the scene itself if it is one."""
    if is_storyboard(scene):
        return scene
    return next((b for b in list_storyboards() if ownership_tags.get_fact(b, "of") == scene), None)


def list_storyboards() -> list[bpy.types.Scene]:
    """The storyboard scenes that were made here and can be changed."""
    return [scene for scene in bpy.data.scenes if scene.library is None and is_storyboard(scene)]


def is_storyboard(scene: bpy.types.Scene) -> bool:
    """Whether a scene was made here for strips.

    Before Blender 5.0 the tag and the scene's settings have one place, so that the tag is lost as soon as anything
    reads the settings. What the storyboard is of stays.
    """
    return ownership_tags.has_role(scene, Role.STORYBOARD) or ownership_tags.is_recorded(scene, "of")


def remove(board: bpy.types.Scene) -> None:
    """Remove the strips that were added here; the storyboard too if nothing else is in it."""
    editor = board.sequence_editor
    for strip in list(editor.strips) if editor else ():
        if ownership_tags.has_role(strip, Role.IMAGE):
            editor.strips.remove(strip)
    is_empty = not editor or not editor.strips
    if is_empty and not board.objects and len(bpy.data.scenes) > 1:
        bpy.data.scenes.remove(board)


def remove_all() -> int:
    """Remove the strips of all storyboards of the open file."""
    boards = list_storyboards()
    for board in boards:
        remove(board)
    return len(boards)


def _find_scale(delivery: DeliveryContext, scene: bpy.types.Scene, log: DeliveryLog) -> tuple[float, float]:
    """Pixels of the storyboard per image pixel, across and down."""
    left, top, right, bottom = recipients.find_window(delivery, scene, log)
    width, height = delivery.size
    return (right - left) * scene.render.resolution_x / width, (bottom - top) * scene.render.resolution_y / height


def release(board: bpy.types.Scene) -> None:
    """Let a copy of a storyboard be none."""
    board.pop(ID_TAG, None)
    ownership_tags.set_fact(board, "of", None)


def _new_storyboard(scene: bpy.types.Scene, undo: ExitStack) -> bpy.types.Scene:
    board = create_sequencer_scene(scene)
    undo.callback(bpy.data.scenes.remove, board)
    ownership_tags.set_role(board, Role.STORYBOARD)
    ownership_tags.set_fact(board, "of", scene)
    return board


def create_sequencer_scene(scene: bpy.types.Scene) -> bpy.types.Scene:
    """A scene for strips, with the size, the speed and the frames of another."""
    board = bpy.data.scenes.new(f"{scene.name} Storyboard")
    for name in (
        "resolution_x",
        "resolution_y",
        "resolution_percentage",
        "pixel_aspect_x",
        "pixel_aspect_y",
        "fps",
        "fps_base",
    ):
        setattr(board.render, name, getattr(scene.render, name))
    board.frame_start, board.frame_end = scene.frame_start, scene.frame_end
    board.view_settings.view_transform = "Standard"  # the pictures are finished: shown as painted
    return board


def _frame_rate(scene: bpy.types.Scene) -> float:
    return scene.render.fps / scene.render.fps_base


def find_free_channel(strips: Iterable[bpy.types.Strip], start: int, length: int) -> int:
    """The channel above all strips of a span, or the first free one where there is none above."""
    end = start + length
    spans = ((strip.channel, *compat.strip_span(strip)) for strip in strips)
    used_channels = {channel for channel, first, stop in spans if first < end and stop > start}
    free = (c for c in range(_FIRST_CHANNEL, _LAST_CHANNEL) if c not in used_channels)
    above = max(used_channels, default=0) + 1
    return above if above <= _LAST_CHANNEL else next(free, _LAST_CHANNEL)


def _find_file(image: bpy.types.Image, log: DeliveryLog) -> str:
    """Strips read files: a packed image's strip uses the file that it was packed from."""
    path = find_file(image)
    if image.packed_file:
        log.add_note(f'The strip of "{image.name}" reads the file in the history\'s folder: strips cannot be packed.')
    return path if path.startswith("//") else bpy.path.abspath(path)


def _extend_range(board: bpy.types.Scene, first: int, last: int) -> None:
    """The storyboard's range grows to show what is in it."""
    board.frame_start = min(board.frame_start, max(0, first))
    board.frame_end = max(board.frame_end, last)
