# SPDX-License-Identifier: GPL-3.0-or-later
"""The arguments of all commands that generate: the service, the request, its cost, its result, what is captured."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from typing import Any

from ...blender.capture.sources import CaptureSource
from ...blender.deliver.registry import OFFERED_TARGETS
from ...core.constants import ReferenceRole
from ...core.options import Option
from ...core.settings import MAX_VARIANTS, OPTIONS, SAFETY_CATEGORIES
from .words import from_flag, parse_dollars, parse_new_file, parse_variants, to_flag

_REFERENCE_ROLES = (
    ReferenceRole.STYLE,
    ReferenceRole.CHARACTER,
    ReferenceRole.OBJECT,
    ReferenceRole.MATERIAL,
    ReferenceRole.PLACE,
)


def add_generation(parser: argparse.ArgumentParser, *, sends: bool = True) -> None:
    add_service(parser)
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
    add_rows(group, (row for row in OPTIONS.values() if row.panel in ("prompt", "model", "set", "service")))
    _add_safety(group)
    _add_cost_limits(parser.add_argument_group("cost"), sends=sends)
    _add_result(parser.add_argument_group("result"), sends=sends)


def add_service(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("service")
    group.add_argument("--provider", default="", help="google, cometapi, offline, ...")
    group.add_argument("--base-url", default="", help="https, or http on this machine and for local servers")
    add_json_argument(group)


def add_json_argument(group: argparse._ActionsContainer) -> None:
    """The argument `--json`, which all commands have."""
    group.add_argument("--json", default="", metavar="FILE", help="write one result object per line; - for stdout")


def add_capture(parser: argparse.ArgumentParser, sources: Iterable[CaptureSource]) -> None:
    group = parser.add_argument_group("capture")
    items = tuple(source.item for source in sources)
    rows = (row._replace(items=items) if row.name == "source" else row for row in OPTIONS.values())
    add_rows(group, (row for row in rows if row.panel == "capture"))
    add_frame(group)


def add_frame(group: argparse._ActionsContainer) -> None:
    group.add_argument("--frame", type=int, help="set this frame first")


def add_rows(group: argparse._ActionsContainer, rows: Iterable[Option]) -> None:
    """An argument for each row that has a flag; None where it is not given."""
    for row in rows:
        if row.flag:
            words = f"switch off {row.label}: {row.help}" if row.flag.startswith("--no-") else row.help
            group.add_argument(row.flag, dest=row.name, default=None, help=words, **_argument_kind(row))


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
    add_rows(money, (row for row in OPTIONS.values() if row.panel == "cost"))
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
        result.add_argument("--save", type=parse_new_file, metavar="FILE", help="save a copy of the file afterwards")
    result.add_argument("--dry-run", action="store_true", help="print the request and send nothing")
