# SPDX-License-Identifier: GPL-3.0-or-later
"""References that were uploaded to a provider: how many, and away with them."""

from __future__ import annotations

from collections.abc import Callable

from ..core.errors import NanoBananaError
from ..jobs.uploads import StoredUploads
from ..wire.providers import Endpoint
from . import session


def deleting() -> Callable[[Endpoint, str], tuple[bool, str]]:
    """What deletes all uploads of a key at an endpoint; it touches no Blender data."""
    uploads = StoredUploads(session.current().store.database)

    def ask(target: Endpoint, key: str) -> tuple[bool, str]:
        try:
            return True, words(delete(uploads, target, key))
        except NanoBananaError as error:
            return False, error.sentence()

    return ask


def delete(uploads: StoredUploads, target: Endpoint, key: str) -> int:
    """Delete what is remembered; how many were still there. Raises `NanoBananaError`."""
    from ..wire.files import Files  # imports httpx: not when the add-on is enabled

    if not target.base_url:
        return 0  # the embedded server forgets everything when the courier ends
    return Files(target, key, uploads).delete_all()


def words(count: int) -> str:
    """What was done."""
    if not count:
        return "There were no uploaded files left."
    return f"{count} uploaded file{'s were' if count > 1 else ' was'} deleted at the provider."
