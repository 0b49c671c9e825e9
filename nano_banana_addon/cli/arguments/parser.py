# SPDX-License-Identifier: GPL-3.0-or-later
"""The commands and their arguments. There is none for a key: it comes from the environment."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from ...blender.capture.sources import SOURCES
from ...identity import EXTENSION_ID
from ...wire.providers import PROVIDERS
from . import farm, features, records, request


def parse(argv: Sequence[str]) -> argparse.Namespace:
    """Read the arguments. Exits (`SystemExit`) with a message for those that are wrong."""
    return build_parser().parse_args(list(argv))


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
    request.add_generation(restyle)
    help = "change an earlier image by --prompt instead of capturing the scene"
    restyle.add_argument("--continue", dest="continues", default="", metavar="ID|last", help=help)
    request.add_capture(restyle, SOURCES.values())
    storyboard = commands.add_parser("storyboard", help="generate a frame for each shot, or marker with a camera")
    request.add_generation(storyboard)
    features.add_shots(storyboard)
    records.add_board(commands.add_parser("board", help="write the storyboard as PDF, image, list or edit"))
    texture = commands.add_parser("texture", help="generate textures for objects from several views")
    request.add_generation(texture)
    features.add_views(texture)
    _add_captures(commands)
    farm.add_others(commands)
    features.add_edit(
        commands.add_parser("edit", help="change a part of an image; everything else of it stays as it is")
    )
    features.add_material(commands.add_parser("material", help="make a PBR material of an image, or generate one"))
    features.add_composite(
        commands.add_parser("composite", help="put an image into the compositor as a layer with masks")
    )
    models = commands.add_parser("models", help="list the models with sizes, aspect ratios and prices")
    request.add_service(models)
    models.add_argument("--live", action="store_true", help="request the provider's own list")
    request.add_json_argument(commands.add_parser("styles", help="list the styles with their texts"))
    uploads = commands.add_parser("uploads", help="list the references uploaded to the provider")
    request.add_service(uploads)
    uploads.add_argument("--delete", action="store_true", help="delete the uploaded references")
    records.add_history(commands.add_parser("history", help="list requests and their results"))
    records.add_cost(commands.add_parser("cost", help="show spending"))
    return parser


def _add_captures(commands: farm.Commands) -> None:
    capture = farm.add_capture(commands)
    restyle = capture.add_parser("restyle", help="what the command restyle would send")
    request.add_generation(restyle, sends=False)
    request.add_capture(restyle, SOURCES.values())
    storyboard = capture.add_parser("storyboard", help="what the command storyboard would send")
    request.add_generation(storyboard, sends=False)
    features.add_shots(storyboard)
