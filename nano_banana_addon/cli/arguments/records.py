# SPDX-License-Identifier: GPL-3.0-or-later
"""The arguments of the commands that read what was generated, and write it elsewhere."""

from __future__ import annotations

import argparse

from ...core.storyboard.formats import FORMAT_ITEMS
from ...core.storyboard.layouts import DEFAULT_LAYOUT, LAYOUTS, PAPERS
from .request import add_json_argument
from .words import parse_count


def add_history(parser: argparse.ArgumentParser) -> None:
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


def add_cost(parser: argparse.ArgumentParser) -> None:
    by = parser.add_mutually_exclusive_group()
    for grouping in ("day", "month", "model"):
        by.add_argument(f"--{grouping}", dest="by", action="store_const", const=grouping, help=f"group by {grouping}")
    by.add_argument("--by-project", dest="by", action="store_const", const="project", help="group by project")
    by.add_argument("--by-caller", dest="by", action="store_const", const="caller", help="the artist, and each script")
    parser.add_argument("--project", metavar="NAME", help="this project only")
    parser.add_argument("--of", metavar="YYYY-MM", default="", help="this month only")
    parser.add_argument("--csv", metavar="FILE", help="export all entries of the ledger")
    add_json_argument(parser)


def add_board(parser: argparse.ArgumentParser) -> None:
    """What is written, and where."""
    parser.add_argument("--format", required=True, choices=[item.id.lower() for item in FORMAT_ITEMS])
    parser.add_argument("--out", required=True, metavar="FILE")
    parser.add_argument("--title", default="", help="default: the file's name")
    parser.add_argument(
        "--layout",
        type=lambda word: word.upper().replace("-", "_"),
        choices=list(LAYOUTS),
        default=DEFAULT_LAYOUT,
        metavar="LAYOUT",
        help="of a PDF: " + ", ".join(name.lower().replace("_", "-") for name in LAYOUTS),
    )
    parser.add_argument("--paper", type=str.upper, choices=list(PAPERS), default="A4", metavar="a4|letter")
    parser.add_argument("--web", action="store_true", help="images of at most 1280 pixels in a PDF")
    parser.add_argument("--drop-frame", action="store_true", help="drop-frame timecode, at 29.97 and 59.94")
    parser.add_argument("--dissolve", type=parse_count, default=0, metavar="FRAMES", help="of an MP4, into each image")
    parser.add_argument("--no-texts", action="store_true", help="an MP4 without names, timecode and dialogue")
    parser.add_argument("--json", default="", metavar="FILE", help="write one result object; - for stdout")
