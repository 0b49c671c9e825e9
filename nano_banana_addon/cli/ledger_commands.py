# SPDX-License-Identifier: GPL-3.0-or-later
"""The commands `history` and `cost`: list, export and import generations; show spending."""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import Any

from ..core import cost
from ..core.constants import State
from ..core.errors import InputError
from ..core.files import convert_disk_errors
from ..core.result import Generation
from ..core.text import details, result_object
from ..features.history import gallery, maintenance
from ..session import session
from ..storage import archive, damage
from ..storage.database import ledger
from ..storage.database.query import HistoryQuery
from ..storage.store import Store
from . import output

_NO_LIMIT = 10**9


def history_command(options: argparse.Namespace) -> int:
    """Print the newest generations that a search finds, one object per line; or export, import."""
    if options.restore:
        output.say(maintenance.restore())
        return output.EXIT_DONE
    store = gallery.find_store()
    query = HistoryQuery(
        text=options.search,
        project=options.project,
        favourite=True if options.favourites else None,
        refused=True if options.refused else None,
        states=frozenset({State.UNKNOWN}) if options.unknown else frozenset(),
    )
    if options.adopt or options.export:
        return _transfer_files(options, query)
    page = store.page(query, 0, options.limit or _NO_LIMIT) if store else []
    for generation in page:
        output.write_json(options.json, to_json(generation))
        output.say(_format_line(generation))
    total = store.count(query) if store else 0
    output.say(f"{len(page)} of {total} generations")
    if store:
        archive.repair(store)
        for damaged in damage.list_damaged(store):
            output.say(f"damaged, set aside: {damaged.id}: {damaged.reason}")
    return output.EXIT_DONE


def _transfer_files(options: argparse.Namespace, query: HistoryQuery) -> int:
    store = session.current().store
    folder = Path(options.adopt or options.export).absolute()
    if options.adopt:
        report = archive.import_folder(store, folder, rehearse=options.dry_run)
        plain = {"imported": report.imported, "present": report.present, "refused": dict(report.refused)}
        output.write_json(options.json, plain | {"dry_run": options.dry_run, "folder": str(folder)})
        output.say(report.describe())
        for name, reason in (*report.refused, *(line.split(": ", 1) for line in report.left_out)):
            output.say(f"  {name}: {reason}")
        return output.EXIT_DONE
    count = archive.export(store, folder, query)
    output.write_json(options.json, {"exported": count, "folder": str(folder)})
    output.say(f"{count} generation{'s were' if count != 1 else ' was'} exported: {folder}")
    return output.EXIT_DONE


def to_json(generation: Generation) -> dict[str, Any]:
    """The result object of a generation, with its request."""
    files = [str(path) for path in output.copy_result(generation, "")]
    return result_object.to_json(generation, files) | {
        "created": details.format_time(generation.created),
        "ended": details.format_time(generation.ended),
        "estimate_usd": generation.estimate_usd,
        "favourite": generation.favourite,
        "delivered": generation.delivered,
        "provenance": details.describe_provenance(generation),
        "response_id": generation.answer.response_id if generation.answer else "",
        "request": generation.request.to_dict(),
    }


def _format_line(generation: Generation) -> str:
    price = cost.format_dollars(generation.cost_usd)
    created = details.format_time(generation.created)
    columns = (created, f"{generation.state.value:9}", f"{price:7}", generation.id)
    return "  ".join((*columns, details.format_title(generation)))


def cost_command(options: argparse.Namespace) -> int:
    """Print sums of the ledger by day, month, project or model, and the total; or export it as CSV."""
    store = gallery.find_store()
    by, month = options.by or "", _parse_month(options)
    if options.csv is not None:
        text = ledger.as_csv(store.database, month=month, project=options.project) if store else ""
        _write(options.csv, text)
    lines = _list_sums(store, by, month, options.project)
    for name, line in lines:
        plain = {
            (by or "group"): name,
            "answers": line.answers,
            "pictures": line.pictures,
            "free": line.free,
            "usd": round(line.usd, 6),
            "unknown": line.unknown,
            "unknown_usd": round(line.unknown_usd, 6),
        }
        output.write_json(options.json, plain)
        perhaps = f"  possibly ${line.unknown_usd:.2f} more" if line.unknown_usd else ""
        free = f" ({line.free} free)" if line.free else ""
        output.say(f"{name:24} {line.pictures:6} images{free}  ${line.usd:.2f}{perhaps}")
    if store:
        _say_what_is_apart(store, month, options.project)
    return output.EXIT_DONE


def _say_what_is_apart(store: Store, month: str, project: str | None) -> None:
    imported = ledger.total(store.database, month=month, project=project, imported=True)
    if imported.answers or imported.unknown:
        output.say(f"{'imported, not counted':24} {imported.pictures:6} images  ${imported.usd:.2f}")
    if damaged := ledger.count_damaged(store.database):
        output.say(f"{damaged} damaged entries count with their estimates")


def _list_sums(store: Store | None, by: str, month: str, project: str | None) -> list[tuple[str, ledger.LedgerSum]]:
    if store is None:
        return [("total", ledger.LedgerSum((), 0, 0, 0.0, 0, 0.0))]
    if not by:
        return [("total", ledger.total(store.database, month=month, project=project))]
    sums = ledger.sums(store.database, (by,), month=month, project=project)
    return [(line.group[0] or "(none)", line) for line in sums]


def _parse_month(options: argparse.Namespace) -> str:
    if not options.of:
        return ""
    try:
        return time.strftime("%Y-%m", time.strptime(options.of, "%Y-%m"))
    except ValueError as error:
        raise InputError(f"{options.of!r} is not a month.", next_step="Use for example --of 2026-11.") from error


def _write(target: str, text: str) -> None:
    path = Path(target)
    with convert_disk_errors(f"{path} cannot be written"):
        path.write_text(text, encoding="utf-8", newline="")
    output.say(f"Exported the ledger to {path}.")
