# SPDX-License-Identifier: GPL-3.0-or-later
"""Output of the command line: one JSON object per result, messages on standard error, an exit status."""

from __future__ import annotations

import json
import sys
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

from ..core import cost
from ..core.constants import State
from ..core.errors import ErrorKind, NanoBananaError
from ..core.files import convert_disk_errors, copy_whole
from ..core.result import Generation
from ..core.text import progress
from ..core.text.result_object import to_json

EXIT_DONE, EXIT_FAILED, EXIT_BAD_ARGUMENTS, EXIT_REFUSED, EXIT_OVER_BUDGET, EXIT_UNKNOWN = range(6)
_BY_STATE = {
    State.DONE: EXIT_DONE,
    State.REFUSED: EXIT_REFUSED,
    State.UNKNOWN: EXIT_UNKNOWN,
}
_BY_KIND = {
    ErrorKind.REFUSED: EXIT_REFUSED,
    ErrorKind.BUDGET: EXIT_OVER_BUDGET,
    ErrorKind.UNKNOWN_RESULT: EXIT_UNKNOWN,
}


def say(text: str) -> None:
    """Print a message on standard error."""
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


def write_json(target: str, plain: dict[str, Any]) -> None:
    """Append one object as one line to a file, or to standard output for "-"; nothing for ""."""
    if not target:
        return
    line = json.dumps(plain, ensure_ascii=False) + "\n"
    if target == "-":
        sys.stdout.write(line)
        sys.stdout.flush()
        return
    with convert_disk_errors(f"{target} cannot be written"), Path(target).open("a", encoding="utf-8") as file:
        file.write(line)


def report_failure(target: str, error: NanoBananaError) -> int:
    """Report an error that occurred before there was a generation; returns its exit status."""
    say(f"nano_banana: {error.to_sentence()}")
    if target:
        write_json(target, {"id": None, "state": "FAILED", "files": [], "error": _error_to_dict(error)})
    return _BY_KIND.get(error.kind, EXIT_FAILED)


def _error_to_dict(error: NanoBananaError) -> dict[str, Any]:
    return {"kind": error.kind.value, "message": error.to_sentence()}


def report_results(
    target: str,
    generations: Sequence[Generation],
    folder: str,
    notes: Sequence[str] = (),
    reused: Collection[str] = (),
) -> int:
    """Copy the images, report each result, and return the exit status of the worst."""
    statuses = [EXIT_DONE]
    for generation in generations:
        files = [str(path) for path in copy_result(generation, folder)]
        plain = to_json(generation, files) | {"reused": generation.id in reused}
        write_json(target, {**plain, **({"notes": list(notes)} if notes else {})})
        reuse_note = "  (reused, not paid again)" if plain["reused"] else ""
        say(_format_line(generation, plain) + reuse_note)
        statuses.append(_get_status(generation))
    return max(statuses)


def find_worst_status(generations: Sequence[Generation]) -> int:
    """The exit status of the worst of some generations."""
    return max((_get_status(generation) for generation in generations), default=EXIT_DONE)


def _get_status(generation: Generation) -> int:
    if generation.failure and generation.failure.kind in _BY_KIND:
        return _BY_KIND[generation.failure.kind]
    return _BY_STATE.get(generation.state, EXIT_FAILED)


def copy_result(generation: Generation, folder: str) -> list[Path]:
    """The result's files: in the store, or copied into `folder` under a descriptive name."""
    picture = generation.picture
    if picture is None:
        return []
    source = Path(picture.path)
    if not folder:
        return [source]
    request = generation.request
    parts = [request.shot or Path(request.blend_path).stem or "untitled", generation.id]
    if generation.offline_preview:
        parts.append("offline-preview")
    target = Path(folder) / ("-".join(clean_name(part) for part in parts) + source.suffix)
    with convert_disk_errors(f"Cannot copy the image to {target}", f"It remains in {source}."):
        copy_whole(source, target, durable=False)
    return [target]


def clean_name(part: str) -> str:
    """A text as part of a file name."""
    return "".join(c if c.isalnum() or c in "._-" else "_" for c in part) or "_"


def _format_line(generation: Generation, plain: dict[str, Any]) -> str:
    error = plain["error"]
    if error:
        return f"{generation.id}  {generation.state.value}  {error['message']}"
    if generation.state is State.DONE:
        price = cost.format_dollars(generation.cost_usd)
        paths = ", ".join(plain["files"])
        return f"{generation.id}  DONE  {plain['width']} x {plain['height']}  {price}  {paths}"
    return f"{generation.id}  {generation.state.value}"


class ProgressLines:
    """Prints a line on standard error whenever a generation enters another phase."""

    def __init__(self) -> None:
        self._states: dict[str, State] = {}

    def __call__(self, generation: Generation) -> None:
        """Print the phase if it is new."""
        if self._states.get(generation.id) is generation.state:
            return
        self._states[generation.id] = generation.state
        phase = progress.describe_progress(generation, generation.changed)
        say(f"{generation.id}  {generation.request.shot or generation.request.model}  {phase}")
