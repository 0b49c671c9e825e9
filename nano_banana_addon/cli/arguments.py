# SPDX-License-Identifier: GPL-3.0-or-later
"""The arguments of each command. There is none for a key: it comes from the environment."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Sequence
from typing import Any

from ..blender.capture.sources import SOURCES, CaptureSource
from ..blender.deliver.registry import OFFERED_TARGETS
from ..core.constants import ReferenceRole
from ..core.material_settings import MATERIAL_OPTIONS
from ..core.options import Option
from ..core.settings import MAX_VARIANTS, OPTIONS, SAFETY_CATEGORIES
from ..core.texture import TEXTURE_OPTIONS
from ..identity import EXTENSION_ID
from ..wire.providers import PROVIDERS
from . import board_command, farm_arguments
from .number_words import parse_count, parse_dollars, parse_share, parse_variants
from .output import add_json_argument

_REFERENCE_ROLES = (
    ReferenceRole.STYLE,
    ReferenceRole.CHARACTER,
    ReferenceRole.OBJECT,
    ReferenceRole.MATERIAL,
    ReferenceRole.PLACE,
)


def parse(argv: Sequence[str]) -> argparse.Namespace:
    """Read the arguments. Exits (`SystemExit`) with a message for those that are wrong."""
    return build_parser().parse_args(list(argv))


def to_flag(value: str) -> str:
    """An enum's name as it is written on the command line: LAST_RENDER becomes last-render."""
    return value.lower().replace("_", "-")


def from_flag(word: str) -> str:
    """The inverse of `to_flag`."""
    return word.upper().replace("-", "_")


def build_parser() -> argparse.ArgumentParser:
    """All commands with their arguments; needs no Blender, which the manual is built without."""
    variables = [name for provider in PROVIDERS.values() for name in provider.key_variables]
    parser = argparse.ArgumentParser(
        prog=f"blender -c {EXTENSION_ID}",
        description=f"Restyle the scene with Nano Banana. The key comes from the environment: {', '.join(variables)}.",
    )
    parser.set_defaults(json="")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    restyle = commands.add_parser("restyle", help="capture the scene and restyle it")
    _add_generation(restyle)
    help = "change an earlier image by --prompt instead of capturing the scene"
    restyle.add_argument("--continue", dest="continues", default="", metavar="ID|last", help=help)
    _add_capture(restyle, SOURCES.values())
    storyboard = commands.add_parser("storyboard", help="generate a frame for each shot, or marker with a camera")
    _add_generation(storyboard)
    _add_shots(storyboard)
    board_command.add_arguments(commands.add_parser("board", help="write the storyboard as PDF, image, list or edit"))
    texture = commands.add_parser("texture", help="generate textures for objects from several views")
    _add_generation(texture)
    _add_views(texture)
    _add_capture_command(commands)
    farm_arguments.add_others(commands)
    _add_edit(commands.add_parser("edit", help="change a part of an image; everything else of it stays as it is"))
    _add_material(commands.add_parser("material", help="make a PBR material of an image, or generate one"))
    _add_composite(commands.add_parser("composite", help="put an image into the compositor as a layer with masks"))
    models = commands.add_parser("models", help="list the models with sizes, aspect ratios and prices")
    _add_service(models)
    models.add_argument("--live", action="store_true", help="request the provider's own list")
    add_json_argument(commands.add_parser("styles", help="list the styles with their texts"))
    uploads = commands.add_parser("uploads", help="list the references uploaded to the provider")
    _add_service(uploads)
    uploads.add_argument("--delete", action="store_true", help="delete the uploaded references")
    _add_history(commands.add_parser("history", help="list requests and their results"))
    _add_cost(commands.add_parser("cost", help="show spending"))
    return parser


def _add_capture_command(commands: farm_arguments.Commands) -> None:
    capture = farm_arguments.add_capture(commands)
    restyle = capture.add_parser("restyle", help="what the command restyle would send")
    _add_generation(restyle, sends=False)
    _add_capture(restyle, SOURCES.values())
    storyboard = capture.add_parser("storyboard", help="what the command storyboard would send")
    _add_generation(storyboard, sends=False)
    _add_shots(storyboard)


def _add_shots(storyboard: argparse.ArgumentParser) -> None:
    storyboard.add_argument("--shots", nargs="+", default=[], metavar="NAME|N", help="these shots, by name or number")
    storyboard.add_argument("--stale", action="store_true", help="those without an image that shows what they see now")
    storyboard.add_argument("--cast", action="append", default=[], metavar="NAME", help="put it into every shot")
    _add_capture(storyboard, (source for source in SOURCES.values() if source.follows_shots))


def _add_history(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--search", default="", metavar="TEXT", help="search prompts and names of scenes, files and references"
    )
    parser.add_argument("--project", metavar="NAME", help="this project only")
    parser.add_argument("--favourites", action="store_true", help="favourites only")
    parser.add_argument("--refused", action="store_true", help="requests that the model refused only")
    parser.add_argument("--unknown", action="store_true", help="requests with an unknown result only")
    parser.add_argument("--limit", type=parse_count, default=24, metavar="N", help="maximum number; 0: all")
    folder = parser.add_mutually_exclusive_group()
    folder.add_argument("--export", metavar="DIR", help="copy the found generations and the ledger to this folder")
    folder.add_argument("--import", dest="adopt", metavar="DIR", help="add the generations of an exported folder")
    folder.add_argument(
        "--restore", action="store_true", help="replace a damaged history by its newest checked copy and the records"
    )
    parser.add_argument("--dry-run", action="store_true", help="with --import: only print what would be added")
    add_json_argument(parser)


def _add_cost(parser: argparse.ArgumentParser) -> None:
    by = parser.add_mutually_exclusive_group()
    for grouping in ("day", "month", "model"):
        by.add_argument(f"--{grouping}", dest="by", action="store_const", const=grouping, help=f"group by {grouping}")
    by.add_argument("--by-project", dest="by", action="store_const", const="project", help="group by project")
    by.add_argument("--by-caller", dest="by", action="store_const", const="caller", help="the artist, and each script")
    parser.add_argument("--project", metavar="NAME", help="this project only")
    parser.add_argument("--of", metavar="YYYY-MM", default="", help="this month only")
    parser.add_argument("--csv", metavar="FILE", help="export all entries of the ledger")
    add_json_argument(parser)


def _add_service(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("service")
    group.add_argument("--provider", default="", help="google, cometapi, offline, ...")
    group.add_argument("--base-url", default="", help="https, or http on this machine and for local servers")
    add_json_argument(group)


def _add_generation(parser: argparse.ArgumentParser, *, sends: bool = True) -> None:
    _add_service(parser)
    group = parser.add_argument_group("request")
    prompt = group.add_mutually_exclusive_group()
    prompt.add_argument("--prompt", help="the prompt (default: the scene's)")
    prompt.add_argument("--prompt-file", metavar="FILE", help="the prompt as a UTF-8 text file")
    group.add_argument("--model", metavar="ID", help="one that the command models lists, or another ID")
    group.add_argument("--size", dest="image_size", metavar="512|1K|2K|3K|4K", help="of the returned image")
    group.add_argument("--ratio", dest="aspect_ratio", metavar="W:H", help="default: the nearest to the camera's")
    group.add_argument("--variants", type=parse_variants, metavar=f"1-{MAX_VARIANTS}", help="each is billed")
    group.add_argument(
        "--reference",
        action="append",
        default=None,
        metavar="ROLE:FILE",
        help=f"{', '.join(to_flag(r.value) for r in _REFERENCE_ROLES)}; may be repeated",
    )
    _add_rows(group, (row for row in OPTIONS.values() if row.panel in ("prompt", "model", "set", "service")))
    _add_safety(group)
    _add_cost_limits(parser.add_argument_group("cost"), sends=sends)
    _add_result(parser.add_argument_group("result"), sends=sends)


def _add_rows(group: argparse._ActionsContainer, rows: Iterable[Option]) -> None:
    """An argument for each row that has a flag; None where it is not given."""
    for row in rows:
        if row.flag:
            group.add_argument(row.flag, dest=row.name, default=None, help=row.help, **_argument_kind(row))


def _argument_kind(row: Option) -> dict[str, Any]:
    if isinstance(row.default, bool):
        return {"action": "store_false" if row.flag.startswith("--no-") else "store_true"}
    if items := [item.id for item in row.items]:
        menu = "{" + ",".join(map(to_flag, items)) + "}"
        return {"type": from_flag, "choices": items, "metavar": menu} | ({"nargs": "+"} if row.is_multiple else {})
    if isinstance(row.default, tuple):
        return {"action": "append", "metavar": row.metavar}
    return {"type": type(row.default), "metavar": row.metavar or None}


def _add_safety(group: argparse._ActionsContainer) -> None:
    group.add_argument(
        "--safety",
        action="append",
        default=[],
        metavar="CATEGORY=THRESHOLD",
        help=f"{', '.join(to_flag(c) for c in SAFETY_CATEGORIES)}, or all; may be repeated",
    )


def _add_cost_limits(money: argparse._ActionsContainer, *, sends: bool) -> None:
    _add_rows(money, (row for row in OPTIONS.values() if row.panel == "cost"))
    money.add_argument("--budget", type=parse_dollars, metavar="USD", help="maximum cost of this command in US dollars")
    if sends:
        money.add_argument(
            "--again",
            action="store_true",
            help="generate and pay again even if an identical request was generated before",
        )


def _add_result(result: argparse._ActionsContainer, *, sends: bool) -> None:
    result.add_argument(
        "--apply",
        action="append",
        default=[],
        choices=[to_flag(target.id) for target in OFFERED_TARGETS],
        help="deliver the result to the file; may be repeated",
    )
    if sends:
        result.add_argument("--out", metavar="DIR", help="copy the images to this folder")
        result.add_argument("--save", metavar="FILE", help="save a copy of the file afterwards")
    result.add_argument("--dry-run", action="store_true", help="print the request and send nothing")


def _add_capture(parser: argparse.ArgumentParser, sources: Iterable[CaptureSource]) -> None:
    group = parser.add_argument_group("capture")
    items = tuple(source.item for source in sources)
    rows = (row._replace(items=items) if row.name == "source" else row for row in OPTIONS.values())
    _add_rows(group, (row for row in rows if row.panel == "capture"))
    group.add_argument("--add-detail", action="store_true", help="generate the views of the texture again in tiles")
    _add_frame(group)


def _add_frame(group: argparse._ActionsContainer) -> None:
    group.add_argument("--frame", type=int, help="set this frame first")


def _add_edit(parser: argparse.ArgumentParser) -> None:
    _add_generation(parser)
    group = parser.add_argument_group("edit")
    image = group.add_mutually_exclusive_group(required=True)
    image.add_argument("--image", metavar="FILE|NAME", help="an image file, or an image in the .blend")
    image.add_argument("--result", default="", metavar="ID|last", help="a result in the history")
    _add_rows(group, (row for row in OPTIONS.values() if row.panel == "edit"))
    area = group.add_mutually_exclusive_group()
    area.add_argument("--mask", metavar="FILE|NAME", help="an image, white where it changes; or a mask data-block")
    area.add_argument("--box", nargs=4, type=float, metavar=("LEFT", "TOP", "RIGHT", "BOTTOM"), help="0 to 1")
    area.add_argument("--object", action="append", metavar="NAME", help="where a result shows it; may be repeated")
    area.add_argument("--render-region", action="store_true", help="the render region, in a result of the camera")
    _add_frame(group)


def _add_material(parser: argparse.ArgumentParser) -> None:
    _add_generation(parser)
    group = parser.add_argument_group("material")
    image = group.add_mutually_exclusive_group()
    image.add_argument("--image", metavar="FILE|NAME", help="make it of this, free; with --prompt: its surface")
    image.add_argument("--result", default="", metavar="ID|last", help="make it of a result in the history, free")
    corners = ("LEFT", "TOP", "RIGHT", "BOTTOM")
    group.add_argument("--box", nargs=4, type=float, metavar=corners, help="with --prompt: of the image, 0 to 1")
    group.add_argument("--object", action="append", metavar="NAME", help="put it on this one; may be repeated")
    _add_rows(group, MATERIAL_OPTIONS.values())


def _add_composite(parser: argparse.ArgumentParser) -> None:
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
    _add_frame(parser)
    add_json_argument(parser)


def _parse_blend_mode(word: str) -> str:
    from ..blender.deliver.compositor.mask_kinds import BLEND_MODES  # asks Blender, which the manual is built without

    if (name := from_flag(word)) not in (modes := [mode.id for mode in BLEND_MODES]):
        raise argparse.ArgumentTypeError(f"one of {', '.join(map(to_flag, modes))}")
    return name


def _add_views(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("views and texture")
    group.add_argument(
        "--object", action="append", metavar="NAME", help="default: the selected objects; may be repeated"
    )
    _add_rows(group, TEXTURE_OPTIONS.values())
    _add_rows(group, [OPTIONS["mask_image"]])
    group.add_argument("--unwrap", action="store_true", help="unwrap objects that have no UV map")
    group.add_argument(
        "--add-view", action="store_true", help="change the object's texture where --camera, or the scene's, sees it"
    )
    group.add_argument("--add-detail", action="store_true", help="generate the views of its texture again in tiles")
    _add_frame(group)
