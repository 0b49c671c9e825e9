# SPDX-License-Identifier: GPL-3.0-or-later
"""The arguments of the commands for render farms."""

from __future__ import annotations

import argparse
import os
from typing import TYPE_CHECKING, Any

from ...identity import ADDRESS_VARIABLE
from .request import add_json_argument
from .words import parse_items, parse_new_file, parse_number

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]

_FOLDER: dict[str, Any] = {"metavar": "FOLDER", "help": "the job folder"}


def add_capture(commands: Commands) -> Commands:
    """The command `capture`; returns where its kinds are added."""
    parser = commands.add_parser("capture", help="write the requests into a job folder, instead of sending them")
    parser.add_argument("folder", **_FOLDER)
    return parser.add_subparsers(dest="captured", required=True, metavar="COMMAND")


def add_others(commands: Commands) -> None:
    """The commands `farm`, `generate` and `deliver`."""
    farm = commands.add_parser("farm", help="write files for Open Job Description and Flamenco into a job folder")
    farm.add_argument("folder", **_FOLDER)
    farm.add_argument("--chunk", type=parse_number, default=10, metavar="N", help="items of one task (default: 10)")
    add_generate(commands)
    deliver = commands.add_parser("deliver", help="put the results of a job folder into the file and the history")
    deliver.add_argument("folder", **_FOLDER)
    deliver.add_argument("--save", type=parse_new_file, metavar="FILE", help="save a copy of the file afterwards")
    add_json_argument(deliver)
    add_agent(commands)


def add_agent(commands: Commands) -> None:
    """The command `agent`: the functions for assistants and pipelines."""
    parser = commands.add_parser("agent", help="what assistants call: JSON in, JSON out")
    parser.add_argument("call", choices=["capabilities", "quote", "submit", "status", "wait", "result", "cancel"])
    parser.add_argument("arguments", nargs="?", default="-", metavar="FILE", help="its arguments as JSON; default: -")
    parser.add_argument("--save", type=parse_new_file, metavar="FILE", help="after submit: save a copy of the file")
    add_json_argument(parser)


def add_generate(commands: Commands) -> None:
    """The command `generate`, which needs no Blender."""
    parser = commands.add_parser("generate", aliases=["paint"], help="generate items of a job folder")
    parser.set_defaults(command="generate")
    parser.add_argument("folder", **_FOLDER)
    parser.add_argument(
        "--items", type=parse_items, metavar="0-9", help="numbers and ranges, with commas; default: all"
    )
    parser.add_argument(
        "--resend", action="store_true", help="send, and pay, again what was refused or may have been billed"
    )
    parser.add_argument("--at-once", type=parse_number, default=4, metavar="N", help="requests at once (default: 4)")
    parser.add_argument(
        "--base-url", default=os.environ.get(ADDRESS_VARIABLE, ""), help=f"another address; default: {ADDRESS_VARIABLE}"
    )
    add_json_argument(parser)


def build_generate_parser() -> argparse.ArgumentParser:
    """The parser of the command line without Blender."""
    parser = argparse.ArgumentParser(
        prog="python -m nano_banana_addon.cli", description="Generate items of a job folder."
    )
    parser.set_defaults(json="")
    add_generate(parser.add_subparsers(dest="command", required=True, metavar="COMMAND"))
    return parser
