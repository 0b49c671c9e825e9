# SPDX-License-Identifier: GPL-3.0-or-later
"""What makes two requests the same: everything that decides about the picture, references by
content."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from ..core.errors import InputError
from ..core.request import GenerationRequest, Reference
from .files import digest_of


def fingerprint(request: GenerationRequest) -> str:
    """SHA-256 (hex) over a request whose references are told by their files' bytes, as they were
    given.

    Reads the files (about 1 s per GB): not for `draw()`. Raises `InputError` for a file that is
    missing. Variants differ. Compare with `Store.find_same`.
    """
    references = tuple(_by_content(reference) for reference in request.references)
    return replace(request, references=references).digest()


def _by_content(reference: Reference) -> Reference:
    # Not `reference.sha256`: once prepared that tells what was sent, not what was given.
    try:
        return replace(reference, sha256=digest_of(Path(reference.path)))
    except OSError as error:
        raise InputError(
            f"The reference {reference.label or reference.path} cannot be read: {error.strerror}.",
            next_step="Choose the file again, or take it out of the list.",
        ) from error
