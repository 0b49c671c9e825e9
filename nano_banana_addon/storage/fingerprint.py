# SPDX-License-Identifier: GPL-3.0-or-later
"""The fingerprint by which requests are identical: everything that decides about the image."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from ..core import bounds
from ..core.errors import InputError
from ..core.files import compute_sha256
from ..core.request import GenerationRequest, Reference
from .database.database import Database


def fingerprint(request: GenerationRequest, database: Database | None = None) -> str:
    """SHA-256 (hex) over a request whose references count by their files' bytes, as they were given.

    With the history's `database`, a file that was converted from a reference counts as that reference: restored
    settings name the converted file. Reads the files (about 1 s per GB): not for `draw()`. Raises `InputError` for a
    missing file. Variants differ. Compare with `Store.find_same`.
    """
    return replace_by_content(request, database).compute_digest()


def replace_by_content(request: GenerationRequest, database: Database | None = None) -> GenerationRequest:
    """The request with the hash of the given file in each reference, and as the names of an edit's files.

    Raises `InputError`.
    """
    references = tuple(_hash_reference(reference, database) for reference in request.references)
    region = request.region
    if region:
        region = replace(region, image=_hash_file(region.image, "image"), mask=_hash_file(region.mask, "mask"))
    return replace(request, references=references, region=region)


def note_origins(database: Database, given: Iterable[Reference], sent: Iterable[Reference]) -> None:
    """Record from which files (by `replace_by_content`) the sent ones were made, in order."""
    pairs = [
        (after.sha256, before.sha256)
        for before, after in zip(given, sent, strict=True)
        if after.sha256 != before.sha256 and _origin(database, after.sha256) != before.sha256
    ]
    if pairs:
        with database.transaction(durable=False) as connection:
            connection.executemany("INSERT OR REPLACE INTO origins VALUES (?, ?)", pairs)


def _hash_reference(reference: Reference, database: Database | None) -> Reference:
    # Not `reference.sha256`: once prepared that is the hash of what was sent, not of what was given.
    sha256 = _hash_file(reference.path, f"reference {reference.label or reference.path}")
    return replace(reference, sha256=_origin(database, sha256) if database else sha256)


def _hash_file(path: str, name: str) -> str:
    file = Path(path)
    try:
        check_size(file, name)
        return compute_sha256(file)
    except OSError as error:
        raise InputError(
            f"The {name} cannot be read: {error.strerror}.",
            next_step="Choose the file again, or remove it from the list.",
        ) from error


def check_size(file: Path, name: str) -> None:
    """Raise `InputError` for a file that Blender would wait for too long while it is read. Raises `OSError`."""
    if file.is_file() and file.stat().st_size > bounds.MAX_FILE_BYTES:
        raise InputError(
            f"The {name} is larger than {bounds.MAX_FILE_BYTES // 2**20} MB.", next_step="Choose a smaller image."
        )


def _origin(database: Database, sha256: str) -> str:
    row = database.row("SELECT given FROM origins WHERE sent = ?", (sha256,))
    return str(row[0]) if row else sha256
