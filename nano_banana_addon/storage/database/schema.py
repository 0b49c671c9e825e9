# SPDX-License-Identifier: GPL-3.0-or-later
"""The tables, and the migrations from older versions."""

from __future__ import annotations

from collections.abc import Sequence

from .database import Database, translate_errors

#: Each entry takes the database from its index to the next version, in one transaction.
MIGRATIONS: tuple[str, ...] = (
    """
    CREATE TABLE meta (key TEXT PRIMARY KEY, value) WITHOUT ROWID;
    INSERT INTO meta VALUES ('revision', 0);
    CREATE TABLE generations (
        seq INTEGER PRIMARY KEY AUTOINCREMENT,  -- the order of history: clocks jump
        id TEXT NOT NULL UNIQUE,
        revision INTEGER NOT NULL,
        state TEXT NOT NULL,
        created REAL NOT NULL, changed REAL NOT NULL,
        sent REAL NOT NULL DEFAULT 0, ended REAL NOT NULL DEFAULT 0,
        retry_at REAL NOT NULL DEFAULT 0, tries INTEGER NOT NULL DEFAULT 0,
        progress REAL NOT NULL DEFAULT 0,
        cost REAL, estimate REAL NOT NULL DEFAULT 0,
        delivered INTEGER NOT NULL DEFAULT 0, favourite INTEGER NOT NULL DEFAULT 0,
        dismissed INTEGER NOT NULL DEFAULT 0,
        kind TEXT NOT NULL, provider TEXT NOT NULL, model TEXT NOT NULL,
        project TEXT NOT NULL, blend_path TEXT NOT NULL, file_session TEXT NOT NULL,
        continues TEXT NOT NULL, grp TEXT NOT NULL, digest TEXT NOT NULL DEFAULT '',
        client TEXT NOT NULL DEFAULT '',  -- the Blender that asked
        owner TEXT NOT NULL DEFAULT '',   -- the worker process that carries it out
        thumbnail TEXT NOT NULL DEFAULT ''
    );
    -- Apart: filters read through thousands of the narrow rows above.
    CREATE TABLE details (
        seq INTEGER PRIMARY KEY, request TEXT NOT NULL, answer TEXT, failure TEXT
    );
    CREATE INDEX by_revision ON generations (revision);
    CREATE INDEX by_state ON generations (state, seq);
    CREATE INDEX by_project ON generations (project, seq);
    CREATE INDEX by_kind ON generations (kind, seq);
    CREATE INDEX by_favourite ON generations (seq) WHERE favourite;
    CREATE INDEX by_digest ON generations (digest) WHERE digest <> '';
    CREATE INDEX by_parent ON generations (continues) WHERE continues <> '';
    CREATE INDEX by_group ON generations (grp) WHERE grp <> '';
    CREATE INDEX by_blend ON generations (blend_path, delivered) WHERE blend_path <> '';
    CREATE TABLE words (seq INTEGER PRIMARY KEY, text TEXT NOT NULL);
    CREATE TABLE deleted (id TEXT PRIMARY KEY, revision INTEGER NOT NULL) WITHOUT ROWID;
    CREATE TABLE ledger (
        generation TEXT NOT NULL, try INTEGER NOT NULL,
        at REAL NOT NULL, day TEXT NOT NULL,
        project TEXT NOT NULL, provider TEXT NOT NULL, model TEXT NOT NULL,
        kind TEXT NOT NULL, size TEXT NOT NULL, outcome TEXT NOT NULL,
        pictures INTEGER NOT NULL DEFAULT 0, image_tokens INTEGER NOT NULL DEFAULT 0,
        total_tokens INTEGER NOT NULL DEFAULT 0,
        usd REAL, estimate REAL NOT NULL DEFAULT 0, response_id TEXT NOT NULL DEFAULT '',
        PRIMARY KEY (generation, try)
    ) WITHOUT ROWID;
    CREATE INDEX ledger_by_day ON ledger (day);
    CREATE TABLE processes (
        id TEXT PRIMARY KEY, role TEXT NOT NULL, pid INTEGER NOT NULL, host TEXT NOT NULL,
        started REAL NOT NULL, last_seen REAL NOT NULL, version TEXT NOT NULL
    ) WITHOUT ROWID;
    """,
    """
    CREATE TABLE uploads (
        key TEXT PRIMARY KEY,  -- address, account, content and type; no secret
        name TEXT NOT NULL, uri TEXT NOT NULL, mime_type TEXT NOT NULL, expires REAL NOT NULL
    ) WITHOUT ROWID;
    """,
    """
    CREATE TABLE origins (
        sent TEXT PRIMARY KEY,  -- SHA-256 of a reference's file as it was sent
        given TEXT NOT NULL     -- and of the file as it was given: a capture, a TIFF
    ) WITHOUT ROWID;
    """,
    """
    ALTER TABLE generations ADD COLUMN batch TEXT NOT NULL DEFAULT '';  -- what makes one thing shares it
    CREATE INDEX by_batch ON generations (batch) WHERE batch <> '';
    """,
    """
    ALTER TABLE generations ADD COLUMN imported INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE ledger ADD COLUMN imported INTEGER NOT NULL DEFAULT 0;  -- 1: billed to somebody else
    CREATE TABLE folded (seq INTEGER PRIMARY KEY, text TEXT NOT NULL);  -- `words` as it is searched
    CREATE TABLE damaged (
        id TEXT PRIMARY KEY,  -- of the generation, or the name of a record beside an image
        reason TEXT NOT NULL, at REAL NOT NULL, dismissed INTEGER NOT NULL DEFAULT 0,
        row TEXT NOT NULL DEFAULT ''  -- what the history held of it, as JSON
    ) WITHOUT ROWID;
    """,
    # The few entries that are in no sum, or damaged; the second condition is that of `ledger.count_damaged`.
    """
    CREATE INDEX ledger_imported ON ledger (day) WHERE imported;
    CREATE INDEX ledger_damaged ON ledger (day) WHERE (usd IS NOT NULL AND
        CASE WHEN typeof(usd) IN ('real', 'integer') AND usd BETWEEN 0 AND 100.0 THEN usd END IS NULL OR
        CASE WHEN typeof(estimate) IN ('real', 'integer') AND estimate BETWEEN 0 AND 100.0 THEN estimate END IS NULL);
    """,
    "ALTER TABLE generations ADD COLUMN place INTEGER NOT NULL DEFAULT 0",  # in the service's queue; 0: not in one
    """
    ALTER TABLE generations ADD COLUMN job TEXT NOT NULL DEFAULT '';  -- the batch at the service that holds it
    CREATE INDEX by_job ON generations (job) WHERE job <> '';
    CREATE TABLE jobs (
        id TEXT PRIMARY KEY,  -- its display name at the service, by which it is found again
        provider TEXT NOT NULL, model TEXT NOT NULL,
        account TEXT NOT NULL,  -- address and part of a hash of the key; no secret
        created REAL NOT NULL,
        posted REAL NOT NULL DEFAULT 0,  -- just before the service was asked to take it
        name TEXT NOT NULL DEFAULT '',   -- the service's name for it, once that is known
        done INTEGER NOT NULL DEFAULT 0, -- by the service's count
        cancelled REAL NOT NULL DEFAULT 0, closed REAL NOT NULL DEFAULT 0,
        resends INTEGER NOT NULL DEFAULT 0, -- 1: what it does not bring is sent at full price
        problem TEXT NOT NULL DEFAULT '', owner TEXT NOT NULL DEFAULT ''
    ) WITHOUT ROWID;
    """,
    """
    ALTER TABLE generations ADD COLUMN caller TEXT NOT NULL DEFAULT '';  -- the script that asked
    ALTER TABLE ledger ADD COLUMN caller TEXT NOT NULL DEFAULT '';
    CREATE INDEX ledger_by_caller ON ledger (day) WHERE caller <> '';
    CREATE INDEX by_caller ON generations (state) WHERE caller <> '';
    CREATE TABLE script_jobs (
        id TEXT PRIMARY KEY,
        key TEXT NOT NULL UNIQUE,   -- the script's idempotency key: it pays once
        caller TEXT NOT NULL, task TEXT NOT NULL,
        digest TEXT NOT NULL,       -- SHA-256 of what was asked for
        created REAL NOT NULL, estimate REAL NOT NULL,
        generations TEXT NOT NULL,  -- their ids with spaces: those that existed, then the new ones
        notes TEXT NOT NULL DEFAULT ''
    ) WITHOUT ROWID;
    """,
    """
    CREATE TABLE script_submissions (
        id TEXT PRIMARY KEY,        -- that of the job which it becomes
        key TEXT NOT NULL UNIQUE,   -- as in script_jobs, to which it moves together with its images
        caller TEXT NOT NULL, task TEXT NOT NULL, digest TEXT NOT NULL, created REAL NOT NULL,
        request TEXT NOT NULL,      -- what was asked for, as JSON; empty when it has ended
        max_usd REAL NOT NULL, blend_path TEXT NOT NULL,
        client TEXT NOT NULL,       -- the Blender that captures it
        state TEXT NOT NULL, estimate REAL NOT NULL DEFAULT 0,
        kind TEXT NOT NULL DEFAULT '', message TEXT NOT NULL DEFAULT ''  -- of the error that it ended with
    ) WITHOUT ROWID;
    """,
)

#: The oldest version of this code that may write into what the newest migration leaves. Migrations that only add leave
#: it as it is; one that changes a meaning raises it. Before version 5 imported costs count as the user's own.
WRITABLE_FROM = 1


def migrate(database: Database, migrations: Sequence[str] = MIGRATIONS, writable_from: int = WRITABLE_FROM) -> None:
    """Apply the missing migrations, each atomically; several processes may do so at the same time.

    A history of a newer version is used as it is when that version allows it, else opened for reading only.
    """
    while (version := _version(database)) < len(migrations):
        _step(database, version, migrations[version], writable_from)
    if version > len(migrations):
        allowed = database.row("SELECT value FROM meta WHERE key = 'writable_from'")
        database.read_only = allowed is None or int(allowed[0]) > len(migrations)


def _version(database: Database) -> int:
    found = database.row("PRAGMA user_version")
    return int(found[0]) if found else 0


def _step(database: Database, version: int, migration: str, writable_from: int) -> None:
    with database.transaction() as connection, translate_errors(database.path):
        if connection.execute("PRAGMA user_version").fetchone()[0] != version:
            return  # another process was quicker
        for statement in _statements(migration):
            connection.execute(statement)
        connection.execute("INSERT OR REPLACE INTO meta VALUES ('writable_from', ?)", (writable_from,))
        connection.execute(f"PRAGMA user_version = {version + 1}")


def _statements(script: str) -> list[str]:
    """Run them one by one: `executescript` would commit in between."""
    lines = [line.split("--", 1)[0] for line in script.splitlines()]
    return [s for s in "\n".join(lines).split(";") if s.strip()]
