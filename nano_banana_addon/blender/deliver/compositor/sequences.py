# SPDX-License-Identifier: GPL-3.0-or-later
"""Image sequences as layers: which files belong together, and at which frames a node shows them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import bpy

from ....core.errors import InputError
from ..datablocks import ownership_tags
from ..datablocks.image import open_file

_NUMBERED = re.compile(r"(.*?)(\d+)(\D*)")  # Blender counts by the last number of a name
_FRAMES = "frames"


@dataclass(frozen=True, slots=True)
class Series:
    """The files of a sequence: the first one, the number in its name, and up to which number there are files."""

    first_file: Path
    first: int
    last: int
    missing: tuple[int, ...]

    def describe_missing(self) -> str:
        """A note on numbers without a file, or ""."""
        if not self.missing:
            return ""
        shown = ", ".join(map(str, self.missing[:5])) + (" …" if len(self.missing) > 5 else "")
        return f"{len(self.missing)} images of the sequence are missing: {shown}. Those frames show the render alone."


def is_pattern(path: Path) -> bool:
    """Whether a path names a sequence, its number written as "#" as Blender writes output paths."""
    return "#" in path.name and not path.is_file()


def write_pattern(path: Path) -> Path:
    """The pattern of the sequence that a file belongs to. Raises `InputError` if its name has no number."""
    head, number, tail = _split(path.name)
    return path.with_name(f"{head}{'#' * len(number)}{tail}")


def find_series(path: Path) -> Series:
    """The files that differ from a file, or a pattern with "#", in their number alone.

    Raises `InputError` if there are none, or the name has no number.
    """
    if is_pattern(path):
        head, _number, tail = re.split("(#+)", path.name, maxsplit=1)
    else:
        head, _number, tail = _split(path.name)
    same = re.compile(re.escape(head) + r"(\d+)" + re.escape(tail))
    folder = path.parent.iterdir() if path.parent.is_dir() else ()
    numbers = {int(found[1]): each for each in folder if (found := same.fullmatch(each.name)) and each.is_file()}
    if not numbers:
        raise InputError(f"There are no images {path}.", next_step="Check the folder and the name.")
    first, last = min(numbers), max(numbers)
    missing = tuple(number for number in range(first, last + 1) if number not in numbers)
    return Series(numbers[first], first, last, missing)


def _split(name: str) -> tuple[str, str, str]:
    """What stands before the number of a name, the number, and what stands behind it."""
    stem, dot, ending = name.rpartition(".")
    match = _NUMBERED.fullmatch(stem)
    if match is None:
        raise InputError(
            f"{name} has no number, so it is not part of an image sequence.",
            next_step="Choose images with consecutive numbers in their names, such as frame_0001.png.",
        )
    head, number, tail = match.groups()
    return head, number, f"{tail}{dot}{ending}"


def open_series(series: Series) -> bpy.types.Image:
    """A new image of a sequence. Raises `NanoBananaError` if Blender cannot open its first file."""
    image = open_file(series.first_file)
    size = [*image.size]
    if not all(size):
        bpy.data.images.remove(image)
        raise InputError(f"The image {series.first_file} cannot be read.", next_step="Choose another.")
    image.source = "SEQUENCE"  # which forgets its size
    ownership_tags.set_fact(image, "size", size)
    count = series.last - series.first + 1
    ownership_tags.set_fact(image, _FRAMES, [series.first, count, series.first - 1, 0])
    return image


def read_size(image: bpy.types.Image) -> tuple[int, int]:
    """The size of an image in pixels; (0, 0) if it cannot be read."""
    width, height = ownership_tags.get_fact(image, "size", image.size)
    return width, height


def keep_frames(tree: bpy.types.NodeTree) -> None:
    """Record the frames that the artist gave to the sequences in a tree, for `set_frames` after it was built anew."""
    for node in tree.nodes:
        if is_sequence(node):
            values = [node.frame_start, node.frame_duration, node.frame_offset, int(node.use_cyclic)]
            ownership_tags.set_fact(node.image, _FRAMES, values)


def set_frames(node: bpy.types.Node) -> None:
    """Show a node's sequence at its own frames: the number of a file is the frame of the scene. Else nothing.

    Blender shows nothing before the first image, and the last one until the end.
    """
    if not is_sequence(node):
        return
    start, count, offset, is_cyclic = ownership_tags.get_fact(node.image, _FRAMES) or _find_frames(node.image)
    node.frame_start, node.frame_duration, node.frame_offset = start, count, offset
    node.use_cyclic, node.use_auto_refresh = bool(is_cyclic), True


def is_sequence(node: bpy.types.Node) -> bool:
    """Whether a node shows a sequence."""
    if node.bl_idname != "CompositorNodeImage":
        return False
    return node.image is not None and node.image.source == "SEQUENCE"


def _find_frames(image: bpy.types.Image) -> tuple[int, int, int, int]:
    """The frames of a sequence that the artist opened."""
    try:
        series = find_series(Path(bpy.path.abspath(image.filepath)))
    except InputError:  # the files are elsewhere
        return 1, 1, 0, 0
    return series.first, series.last - series.first + 1, series.first - 1, 0
