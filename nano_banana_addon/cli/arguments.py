# SPDX-License-Identifier: GPL-3.0-or-later
"""The arguments of each command. There is none for a key: it comes from the environment."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from ..core.frames import Fit
from ..core.guides import Guide
from ..core.request import DeliveryKind, ReferenceRole
from ..core.settings import SAFETY_CATEGORIES, Shading, Source
from ..core.texture import MAX_VIEWS, PaintMode, ViewSet
from ..core.validate import MAX_VARIANTS
from ..identity import EXTENSION_ID

_APPLICABLE = (
    DeliveryKind.IMAGE,
    DeliveryKind.MATERIAL,
    DeliveryKind.COMPOSITOR,
    DeliveryKind.CAMERA_BACKGROUND,
)
_RESOLUTIONS = ("LOW", "MEDIUM", "HIGH")
_TIERS = ("STANDARD", "FLEX", "PRIORITY")
_REFERENCE_ROLES = (
    ReferenceRole.STYLE,
    ReferenceRole.CHARACTER,
    ReferenceRole.OBJECT,
    ReferenceRole.MATERIAL,
)


#: Choices of other commands' captures that are read together with those of every generation.
_OF_CAPTURE = (
    "only_selected",
    "transparent",
    "image",
    "source",
    "shading",
    "fit",
    "capture_guides",
)


def parse(argv: Sequence[str]) -> argparse.Namespace:
    """Read the arguments. Exits (`SystemExit`) with a message for those that are wrong."""
    return _parser().parse_args(list(argv))


def words(value: str) -> str:
    """An enum's name as it is written on the command line: LAST_RENDER becomes last-render."""
    return value.lower().replace("_", "-")


def name(word: str) -> str:
    """The inverse of `words`."""
    return word.upper().replace("-", "_")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=f"blender -c {EXTENSION_ID}",
        description="Repaint the scene with Nano Banana. The key comes from GEMINI_API_KEY,"
        " GOOGLE_API_KEY or COMETAPI_KEY.",
    )
    parser.set_defaults(json="")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    restyle = commands.add_parser("restyle", help="capture the scene and repaint it")
    _add_generation(restyle)
    restyle.add_argument(
        "--continue",
        dest="continues",
        default="",
        metavar="ID|last",
        help="change an earlier picture by --prompt instead of capturing the scene",
    )
    _add_capture(restyle, Source)
    storyboard = commands.add_parser("storyboard", help="one frame for each marker with a camera")
    _add_generation(storyboard)
    _add_capture(storyboard, (Source.CAMERA, Source.RENDER))
    texture = commands.add_parser("texture", help="paint objects from several views")
    _add_generation(texture)
    _add_views(texture)
    listing = commands.add_parser("models", help="the models, their sizes, ratios and prices")
    _add_service(listing)
    listing.add_argument("--live", action="store_true", help="ask the provider which it offers")
    uploads = commands.add_parser("uploads", help="references that are kept at the provider")
    _add_service(uploads)
    uploads.add_argument("--delete", action="store_true", help="delete them there")
    _add_history(commands.add_parser("history", help="what was asked for, and what came of it"))
    _add_cost(commands.add_parser("cost", help="what was spent"))
    return parser


def _add_json(group: argparse._ActionsContainer) -> None:
    group.add_argument("--json", default="", metavar="FILE", help="write one result object per line; - for stdout")


def _add_history(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--search", default="", metavar="TEXT", help="words of prompt, scene, file …")
    parser.add_argument("--project", metavar="NAME", help="only of this project")
    parser.add_argument("--favourites", action="store_true", help="only favourites")
    parser.add_argument("--refused", action="store_true", help="only what the model refused")
    parser.add_argument("--unknown", action="store_true", help="only what may have been billed")
    parser.add_argument("--limit", type=_count, default=24, metavar="N", help="at most; 0: all")
    folder = parser.add_mutually_exclusive_group()
    folder.add_argument("--export", metavar="DIR", help="copy what is found there, with the ledger")
    folder.add_argument("--import", dest="adopt", metavar="DIR", help="take in an exported folder")
    _add_json(parser)


def _add_cost(parser: argparse.ArgumentParser) -> None:
    by = parser.add_mutually_exclusive_group()
    for grouping in ("day", "month", "model"):
        by.add_argument(f"--{grouping}", dest="by", action="store_const", const=grouping, help=f"by {grouping}")
    by.add_argument("--by-project", dest="by", action="store_const", const="project")
    parser.add_argument("--project", metavar="NAME", help="only of this project")
    parser.add_argument("--of", metavar="YYYY-MM", default="", help="only of this month")
    parser.add_argument("--csv", metavar="FILE", help="write every line of the ledger")
    _add_json(parser)


def _add_service(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("service")
    group.add_argument("--provider", default="", help="google, cometapi, offline, ...")
    group.add_argument("--base-url", default="", help="https, or http on this machine")
    _add_json(group)


def _add_generation(parser: argparse.ArgumentParser) -> None:
    _add_service(parser)
    group = parser.add_argument_group("request")
    prompt = group.add_mutually_exclusive_group()
    prompt.add_argument("--prompt", help="what you want to see (default: the scene's prompt)")
    prompt.add_argument("--prompt-file", metavar="FILE", help="the prompt as a UTF-8 text file")
    group.add_argument("--model", metavar="ID")
    group.add_argument("--size", metavar="512|1K|2K|4K")
    group.add_argument("--ratio", metavar="W:H", help="default: the camera's nearest")
    group.add_argument("--variants", type=_variants, metavar=f"1-{MAX_VARIANTS}")
    group.add_argument(
        "--reference",
        action="append",
        default=None,
        metavar="ROLE:FILE",
        help=f"{', '.join(words(r.value) for r in _REFERENCE_ROLES)}; may be repeated",
    )
    _add_options(group)
    _add_cost_limits(parser.add_argument_group("cost"))
    _add_result(parser.add_argument_group("result"))


def _add_options(group: argparse._ActionsContainer) -> None:
    """What the service is told beside prompt and pictures."""
    group.add_argument("--thinking", type=str.upper, metavar="LEVEL")
    group.add_argument("--system", metavar="TEXT", help="system instruction")
    group.add_argument("--search", action="store_true", default=None, help="Google Search")
    group.add_argument("--image-search", action="store_true", default=None, help="pictures, too")
    group.add_argument("--media-resolution", type=str.upper, choices=_RESOLUTIONS)
    group.add_argument("--tier", type=str.upper, choices=_TIERS, help="FLEX costs half")
    group.add_argument(
        "--safety",
        action="append",
        default=[],
        metavar="CATEGORY=THRESHOLD",
        help=f"{', '.join(words(c) for c in SAFETY_CATEGORIES)}, or all; may be repeated",
    )
    group.add_argument("--temperature", type=float)
    group.add_argument("--seed", type=int)


def _add_cost_limits(money: argparse._ActionsContainer) -> None:
    money.add_argument("--project", metavar="NAME", help="what it is booked on")
    money.add_argument("--budget", type=_dollars, metavar="USD", help="the most that this command may cost")
    money.add_argument("--again", action="store_true", help="pay again also for what was painted before")


def _add_result(result: argparse._ActionsContainer) -> None:
    result.add_argument("--out", metavar="DIR", help="copy the pictures there")
    result.add_argument(
        "--apply",
        action="append",
        default=[],
        choices=[words(kind.value) for kind in _APPLICABLE],
        help="put the result into the file; may be repeated",
    )
    result.add_argument("--save", metavar="FILE", help="save the file afterwards")
    result.add_argument("--dry-run", action="store_true", help="print the request; send nothing")


def _add_capture(parser: argparse.ArgumentParser, sources: Sequence[Source] | type[Source]) -> None:
    group = parser.add_argument_group("capture")
    group.add_argument("--source", choices=[words(s.value) for s in sources])
    group.add_argument("--image", metavar="FILE", help="the picture for --source image")
    group.add_argument("--shading", choices=[words(s.value) for s in Shading])
    group.add_argument("--fit", choices=[words(f.value) for f in Fit])
    group.add_argument("--only-selected", action="store_true", default=None)
    group.add_argument("--transparent", action="store_true", default=None)
    group.add_argument(
        "--guides",
        dest="capture_guides",
        nargs="+",
        choices=[words(g.value) for g in Guide],
        help="drawn with the capture and sent along",
    )
    _add_mask(group)
    group.add_argument("--frame", type=int, help="go to this frame first")


def _add_mask(group: argparse._ActionsContainer) -> None:
    group.add_argument("--mask", dest="mask_image", metavar="NAME", help="the image in the file for --guides mask")


def _add_views(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("views and texture")
    group.add_argument(
        "--object",
        action="append",
        metavar="NAME",
        help="default: the selected ones; may be repeated",
    )
    group.add_argument("--views", choices=[words(v.value) for v in ViewSet])
    group.add_argument("--count", type=_count, metavar=f"1-{MAX_VIEWS}", help="of an automatic set")
    group.add_argument("--camera", action="append", metavar="NAME", help="for --views cameras")
    group.add_argument("--elevation", type=float, metavar="DEGREES", help="of a ring")
    group.add_argument("--orthographic", action="store_true", default=None)
    group.add_argument("--view-prompt", action="append", metavar="TEXT", help="of the first view, the second, ...")
    group.add_argument("--mode", choices=[words(m.value) for m in PaintMode])
    group.add_argument("--refine", action="store_true", default=None, help="views of a sheet, at full size")
    group.add_argument(
        "--no-anchor",
        dest="anchor",
        action="store_false",
        default=None,
        help="do not show the first view to the others",
    )
    group.add_argument("--guides", nargs="+", choices=[words(g.value) for g in Guide])
    _add_mask(group)
    group.add_argument("--texture-size", type=_count, metavar="PX")
    group.add_argument("--uv-map", metavar="NAME")
    group.add_argument("--unwrap", action="store_true", help="objects that have no UV map")
    group.add_argument("--drift-limit", type=float, metavar="PX")
    group.add_argument("--frame", type=int, help="go to this frame first")
    parser.set_defaults(**dict.fromkeys(_OF_CAPTURE))


def _count(text: str) -> int:
    number = int(text)
    if number < 0:
        raise argparse.ArgumentTypeError("0 or more")
    return number


def _dollars(text: str) -> float:
    amount = float(text.removeprefix("$"))
    if not 0 <= amount < 1e9:
        raise argparse.ArgumentTypeError("an amount of US dollars")
    return amount


def _variants(text: str) -> int:
    number = int(text)
    if not 1 <= number <= MAX_VARIANTS:
        raise argparse.ArgumentTypeError(f"from 1 to {MAX_VARIANTS}")
    return number
