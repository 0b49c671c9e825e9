# SPDX-License-Identifier: GPL-3.0-or-later
"""The ledger: one entry for each answer, and for each attempt whose answer is lost.

Entries outlive their generations. Those of imported generations were billed to somebody else: they are in no sum of
this user. Nor are dollars that no call can cost; such a damaged entry counts with its estimate.
"""

# SQL here is put together from fixed parts only; every value is bound.
# ruff: noqa: S608

from __future__ import annotations

import csv
import io
import sqlite3
import time
from dataclasses import dataclass

from ...core.bounds import MAX_COST_USD, MAX_TIME, is_within
from ...core.result import Answer, Generation
from ...core.serial import make_harmless
from .database import Database
from .records import clean

#: What one line may be summed over.
GROUPINGS = ("day", "month", "project", "provider", "model", "kind", "outcome", "caller")
_MONTH = "substr(day, 1, 7)"
#: SQL over `ledger`, by the index on the day; its values are those of `days_of`.
IN_MONTH = "day BETWEEN ? AND ?"
_LINES = (
    "day, project, provider, model, kind, size, outcome, pictures, image_tokens, total_tokens, usd,"
    " estimate, response_id, generation, try, imported, caller"
)
#: SQL: dollars by the service's count (NULL: unknown), by the estimate, and the better of both.
USD, ESTIMATE = (
    f"CASE WHEN typeof({name}) IN ('real', 'integer') AND {name} BETWEEN 0 AND {MAX_COST_USD} THEN {name} END"
    for name in ("usd", "estimate")
)
COST = f"coalesce({USD}, {ESTIMATE}, 0)"
#: SQL: entries whose dollars are damaged.
_DAMAGED = f"(usd IS NOT NULL AND {USD} IS NULL OR {ESTIMATE} IS NULL)"


@dataclass(frozen=True, slots=True)
class LedgerSum:
    """Sums over the entries that share `group` (in the order of the groupings).

    `usd` are the dollars by the service's own count. `unknown_usd` is the estimate for attempts that may have been
    billed and for answers without a count. `free` of the images cost nothing: those of Offline and of own servers.
    """

    group: tuple[str, ...]
    answers: int
    pictures: int
    usd: float
    unknown: int
    unknown_usd: float
    free: int = 0


def day_of(moment: float) -> str:
    """The local calendar day of a time: 2026-11-22."""
    return time.strftime("%Y-%m-%d", time.localtime(moment))


def month_of(moment: float) -> str:
    """The local calendar month of a time: 2026-11."""
    return day_of(moment)[:7]


def days_of(month: str) -> tuple[str, str]:
    """The first and the last possible day of a month, as texts that sort."""
    return f"{month}-01", f"{month}-31"


def write_answer(
    connection: sqlite3.Connection,
    generation: Generation,
    answer: Answer,
    usd: float | None,
    at: float,
) -> None:
    """Record what an answer cost. Recording the same attempt twice changes nothing."""
    answer = answer.limit_counts()
    usage = answer.usage
    _write(
        connection,
        generation,
        at,
        outcome="REFUSED" if answer.refusal else "DONE",
        pictures=len(answer.pictures),
        image_tokens=usage.image if usage else 0,
        total_tokens=usage.total if usage else 0,
        usd=usd,
        response_id=answer.response_id,
    )


def write_lost(connection: sqlite3.Connection, generation: Generation, outcome: str, at: float) -> None:
    """Record an attempt that may have been billed although its answer is lost."""
    _write(connection, generation, at, outcome=outcome)


def forget_lost(connection: sqlite3.Connection, generation: Generation) -> None:
    """The attempt was counted as lost, and turns out not to have been billed."""
    connection.execute(
        "DELETE FROM ledger WHERE generation = ? AND try = ? AND outcome NOT IN ('DONE', 'REFUSED')",
        (generation.id, generation.tries),
    )


def _write(
    connection: sqlite3.Connection,
    generation: Generation,
    at: float,
    *,
    outcome: str,
    pictures: int = 0,
    image_tokens: int = 0,
    total_tokens: int = 0,
    usd: float | None = None,
    response_id: str = "",
) -> None:
    request = generation.request
    line = {
        **{"generation": generation.id, "try": generation.tries, "at": at, "day": day_of(at)},
        **{"project": request.project, "provider": request.provider, "model": request.model},
        **{"kind": request.kind.value, "size": request.image_size, "outcome": outcome},
        **{"pictures": pictures, "image_tokens": image_tokens, "total_tokens": total_tokens},
        **{"usd": usd, "estimate": generation.estimate_usd, "response_id": response_id},
        **{"imported": int(generation.imported), "caller": request.caller},
    }
    names = ", ".join(line)
    marks = ", ".join("?" * len(line))
    # An answer that is found after all replaces the entry that counts it as lost.
    connection.execute(
        f"INSERT INTO ledger ({names}) VALUES ({marks}) ON CONFLICT (generation, try) DO UPDATE SET"
        " outcome = excluded.outcome, pictures = excluded.pictures, usd = excluded.usd,"
        " image_tokens = excluded.image_tokens, total_tokens = excluded.total_tokens,"
        " response_id = excluded.response_id"
        " WHERE ledger.outcome NOT IN ('DONE', 'REFUSED') AND ledger.imported = excluded.imported",
        [clean(value) if isinstance(value, str) else value for value in line.values()],
    )


def sums(
    database: Database,
    by: tuple[str, ...] = (),
    *,
    month: str = "",
    project: str | None = None,
    imported: bool = False,
) -> list[LedgerSum]:
    """The ledger summed over `by` (of `GROUPINGS`), of one month ("2026-11") or all, of one project or all.

    Either this user's own entries, or the imported ones. Raises `ValueError` for an unknown grouping.
    """
    for name in by:
        if name not in GROUPINGS:
            raise ValueError(f"the ledger cannot be grouped by {name!r}")
    groups = [_MONTH if name == "month" else name for name in by]
    where, values = _where(month, project, imported=imported)
    head = "".join(f"{group}, " for group in groups)
    tail = f" GROUP BY {', '.join(groups)} ORDER BY {', '.join(groups)}" if groups else ""
    sql = (
        f"SELECT {head}count(*) FILTER (WHERE outcome IN ('DONE', 'REFUSED')),"
        f" sum(pictures), sum({USD}), count(*) FILTER (WHERE {USD} IS NULL),"
        f" sum({ESTIMATE}) FILTER (WHERE {USD} IS NULL), sum(pictures) FILTER (WHERE {USD} = 0)"
        f" FROM ledger {where}{tail}"
    )
    size = len(groups)
    rows = map(tuple, database.rows(sql, values))
    return [LedgerSum(row[:size], *(value or 0 for value in row[size:])) for row in rows]


def total(database: Database, *, month: str = "", project: str | None = None, imported: bool = False) -> LedgerSum:
    """One sum over all selected entries."""
    return sums(database, month=month, project=project, imported=imported)[0]


def count_damaged(database: Database) -> int:
    """How many entries have dollars that no call can cost."""
    row = database.row(f"SELECT count(*) FROM ledger WHERE {_DAMAGED}")
    return int(row[0]) if row else 0


def as_csv(database: Database, *, month: str = "", project: str | None = None) -> str:
    """All entries with a heading, for a spreadsheet. Unknown dollars are left empty.

    Text that spreadsheets would read as a formula is prefixed with an apostrophe.
    """
    where, values = _where(month, project)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(["time", *(name.strip() for name in _LINES.split(","))])
    for row in database.rows(f"SELECT at, {_LINES} FROM ledger {where} ORDER BY at", values):
        moment = _format_moment(row["at"])
        writer.writerow([moment, *(make_harmless(value) for value in tuple(row)[1:])])
    return text.getvalue()


def _format_moment(at: object) -> str:
    if not isinstance(at, float) or not is_within(at, MAX_TIME):
        return ""  # damaged
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at))


def _where(month: str, project: str | None, *, imported: bool | None = None) -> tuple[str, list[str]]:
    conditions: list[str] = []
    values: list[str] = []
    if imported is not None:
        conditions.append("imported" if imported else "NOT imported")
    if month:
        conditions.append(IN_MONTH)
        values += days_of(month)
    if project is not None:
        conditions.append("project = ?")
        values.append(clean(project))
    return (f"WHERE {' AND '.join(conditions)}" if conditions else "", values)
