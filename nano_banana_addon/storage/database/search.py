# SPDX-License-Identifier: GPL-3.0-or-later
"""Search for parts of words in prompts, in any script.

SQLite's trigram index does that in a fraction of a millisecond, but not every build of SQLite has it, and all Blenders
share one history. So the index follows the table `words`: each process that supports it updates it, a little at each
search and completely in the worker process; what is not indexed yet is scanned. What is compared is folded: "cafe"
finds "Café" however it is composed. Older versions write `words` and have an index of their own.
"""

# SQL here is put together from fixed parts only; every value is bound.
# ruff: noqa: S608

from __future__ import annotations

import sqlite3
from typing import Any

from ...core.errors import NanoBananaError
from ...core.text.search_text import fold
from .database import Database

#: Generations taken into the index at one search: about 10 ms.
_AT_A_SEARCH = 100
#: Shorter words have no trigram.
_SHORTEST = 3


def conditions(database: Database, words: list[str]) -> tuple[list[str], list[Any]]:
    """SQL conditions over `generations.seq`, and their values, for words that must all occur.

    Each may occur anywhere, also within another word.
    """
    words = [folded for word in words if (folded := fold(word))]
    if not words:
        return [], []
    long = [word for word in words if len(word) >= _SHORTEST]
    indexed = catch_up(database, _AT_A_SEARCH) if long else 0
    if not indexed:
        return _scan(words, _match_index(database))
    match = " AND ".join('"' + word.replace('"', '""') + '"' for word in long)
    newer, values = _scan_new(long, indexed)
    found = [f"(seq IN (SELECT rowid FROM search_folded WHERE search_folded MATCH ?) OR {newer})"]
    short, more = _scan([w for w in words if len(w) < _SHORTEST], indexed)
    return [*found, *short], [match, *values, *more]


def _scan(words: list[str], indexed: int) -> tuple[list[str], list[Any]]:
    if not words:
        return [], []
    found = " AND ".join("instr(text, ?)" for _ in words)
    newer, values = _scan_new(words, indexed)
    return [f"(seq IN (SELECT seq FROM folded WHERE {found}) OR {newer})"], [*words, *values]


def _scan_new(words: list[str], indexed: int) -> tuple[str, list[Any]]:
    """The condition on generations that are not folded yet."""
    found = " AND ".join("instr(fold(text), ?)" for _ in words)
    return f"seq IN (SELECT seq FROM words WHERE seq > {indexed} AND {found})", list(words)


def catch_up(database: Database, most: int) -> int:
    """Add up to `most` generations to the index; returns the last indexed one.

    0 without an index (this SQLite does not support it, or the disk is full).
    """
    indexed = _match_index(database)
    latest = database.row("SELECT max(seq) FROM words")
    if indexed and latest and (latest[0] or 0) <= indexed:
        return indexed if _works(database) else 0
    try:
        with database.transaction(durable=False) as connection:
            return _extend(connection, most)
    except NanoBananaError:
        return 0


def _match_index(database: Database) -> int:
    row = database.row("SELECT value FROM meta WHERE key = 'folded'")
    return int(row[0]) if row else 0


def _works(database: Database) -> bool:
    """Whether this SQLite can read an index made by another."""
    try:
        database.row("SELECT rowid FROM search_folded LIMIT 1")
    except NanoBananaError:
        return False
    return True


def _extend(connection: sqlite3.Connection, most: int) -> int:
    # Contentless: generations that are deleted stay in the index and are not found, their seq is gone.
    connection.execute(
        "CREATE VIRTUAL TABLE IF NOT EXISTS search_folded USING fts5(text, content = '', tokenize = 'trigram')"
    )
    row = connection.execute("SELECT value FROM meta WHERE key = 'folded'").fetchone()
    indexed = int(row[0]) if row else 0
    rows = connection.execute(
        "SELECT seq, fold(text) FROM words WHERE seq > ? ORDER BY seq LIMIT ?", (indexed, most)
    ).fetchall()
    for table, key in (("folded", "seq"), ("search_folded", "rowid")):
        connection.executemany(f"INSERT INTO {table} ({key}, text) VALUES (?, ?)", map(tuple, rows))
    if rows:
        indexed = rows[-1][0]
        connection.execute("INSERT OR REPLACE INTO meta VALUES ('folded', ?)", (indexed,))
    return indexed
