# SPDX-License-Identifier: GPL-3.0-or-later
"""The arguments of one feature each: what it makes something of, and how."""

from __future__ import annotations

import argparse

from ...blender.capture.sources import SOURCES
from ...core.material_settings import MATERIAL_OPTIONS
from ...core.settings import OPTIONS
from ...core.texture import TEXTURE_OPTIONS
from .request import add_capture, add_frame, add_generation, add_json_argument, add_rows
from .words import from_flag, parse_share, to_flag


def add_shots(storyboard: argparse.ArgumentParser) -> None:
    storyboard.add_argument("--shots", nargs="+", default=[], metavar="NAME|N", help="these shots, by name or number")
    storyboard.add_argument("--stale", action="store_true", help="those without an image that shows what they see now")
    storyboard.add_argument("--cast", action="append", default=[], metavar="NAME", help="put it into every shot")
    add_capture(storyboard, (source for source in SOURCES.values() if source.follows_shots))


def add_edit(parser: argparse.ArgumentParser) -> None:
    add_generation(parser)
    group = parser.add_argument_group("edit")
    image = group.add_mutually_exclusive_group(required=True)
    image.add_argument("--image", metavar="FILE|NAME", help="an image file, or an image in the .blend")
    image.add_argument("--result", default="", metavar="ID|last", help="a result in the history")
    add_rows(group, (row for row in OPTIONS.values() if row.panel == "edit"))
    area = group.add_mutually_exclusive_group()
    area.add_argument("--mask", metavar="FILE|NAME", help="an image, white where it changes; or a mask data-block")
    area.add_argument("--box", nargs=4, type=parse_share, metavar=("LEFT", "TOP", "RIGHT", "BOTTOM"), help="0 to 1")
    area.add_argument("--object", action="append", metavar="NAME", help="where a result shows it; may be repeated")
    area.add_argument("--render-region", action="store_true", help="the render region, in a result of the camera")
    add_frame(group)


def add_material(parser: argparse.ArgumentParser) -> None:
    add_generation(parser)
    group = parser.add_argument_group("material")
    image = group.add_mutually_exclusive_group()
    image.add_argument("--image", metavar="FILE|NAME", help="make it of this, free; with --prompt: its surface")
    image.add_argument("--result", default="", metavar="ID|last", help="make it of a result in the history, free")
    corners = ("LEFT", "TOP", "RIGHT", "BOTTOM")
    group.add_argument("--box", nargs=4, type=parse_share, metavar=corners, help="of the image, 0 to 1")
    group.add_argument("--object", action="append", metavar="NAME", help="put it on this one; may be repeated")
    group.add_argument(
        "--repair-seam",
        nargs="?",
        const="needed",
        choices=("needed", "always"),
        help="pay for new edges of the tile, where no free repair hides its seam, or always",
    )
    group.add_argument(
        "--listing", action="store_true", help="with --save: list the assets of its folder for a remote library (5.2)"
    )
    add_rows(group, MATERIAL_OPTIONS.values())


def add_composite(parser: argparse.ArgumentParser) -> None:
    source = parser.add_mutually_exclusive_group()
    source.add_argument("--result", default="", metavar="ID|last", help="a result of the history")
    source.add_argument("--image", default="", metavar="FILE|NAME", help="a file, f_####.png, or an image's name")
    parser.add_argument(
        "--mask",
        action="append",
        default=[],
        metavar="[+][!]KIND[:VALUE]",
        help="object:NAME,…, material:NAME,…, asset:NAME,…, alpha, image:FILE, or depth:, mist:, frames: or"
        " wipe:FROM-TO[~SOFTNESS]; + adds to those before, ! inverts; may be repeated",
    )
    parser.add_argument("--blend", type=_parse_blend_mode, default="MIX", metavar="MODE", help="as in Mix")
    parser.add_argument("--opacity", type=parse_share, default=1.0, metavar="0-1", help="of the layer")
    parser.add_argument("--invert", action="store_true", help="show the layer where its masks are black")
    parser.add_argument("--out", action="append", default=[], metavar="FILE", help="render here, or save a .blend")
    add_frame(parser)
    add_json_argument(parser)


def _parse_blend_mode(word: str) -> str:
    from ...blender.deliver.compositor.mask_kinds import BLEND_MODES  # asks Blender, which the manual is built without

    if (name := from_flag(word)) not in (modes := [mode.id for mode in BLEND_MODES]):
        raise argparse.ArgumentTypeError(f"one of {', '.join(map(to_flag, modes))}")
    return name


def add_views(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("views and texture")
    group.add_argument(
        "--object", action="append", metavar="NAME", help="default: the selected objects; may be repeated"
    )
    add_rows(group, TEXTURE_OPTIONS.values())
    add_rows(group, [OPTIONS["mask_image"]])
    group.add_argument("--unwrap", action="store_true", help="unwrap objects that have no UV map")
    group.add_argument(
        "--add-view", action="store_true", help="change the object's texture where --camera, or the scene's, sees it"
    )
    group.add_argument("--add-detail", action="store_true", help="generate the views of its texture again in tiles")
    add_frame(group)
