# SPDX-License-Identifier: GPL-3.0-or-later
"""A job folder: requests that any number of machines carry out, with nothing shared but the folder.

It is a store of its own, with one file more: the requests, as one batch. Their files lie in `references`, named by the
SHA-256 of their bytes. What the file says is what a stranger wrote.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ..core import bounds, cost, serial
from ..core.errors import InputError
from ..core.files import compute_sha256, write_durable
from ..core.request import GenerationRequest
from ..core.text import prompts, validate
from .database import filesystems, records, transitions
from .database.budget import Budget, Pacing
from .files.layout import convert_home_errors
from .import_check import Refused, find_file
from .store import Store

#: The file with the requests.
NAME = "job.json"
_MAX_ITEMS = 10_000
_MAX_IMAGES = 64  # of one call


@dataclass(frozen=True, slots=True)
class JobFolder:
    """What a job folder asks for. The paths in `requests` are absolute; `needs` name requests by their number, "@n".

    All of it may cost at most `budget_usd`; `variants` tells that the requests differ by a number only. `batch` is the
    SHA-256 of the file.
    """

    requests: tuple[GenerationRequest, ...]
    budget_usd: float | None = None
    pacing: Pacing = field(default_factory=Pacing)
    variants: bool = False
    batch: str = ""
    folder: Path = field(default_factory=Path)

    @property
    def provider(self) -> str:
        """The id of the provider of all requests."""
        return self.requests[0].provider

    @property
    def prices(self) -> list[float]:
        """US dollars for each request, by the catalogue."""
        return [cost.estimate(request, len(prompts.compose(request))) for request in self.requests]


def write(job: JobFolder) -> None:
    """Write the requests of a job into its folder, where their files are. Raises `InputError`, DISK."""
    path = job.folder / NAME
    if path.exists():
        raise InputError(f"{job.folder} has a job already.", next_step="Choose a new folder.")
    plain: dict[str, Any] = {
        "provider": job.provider,
        "models": sorted({request.model for request in job.requests}),
        "items": len(job.requests),
        "estimate_usd": round(sum(job.prices), 4),
        "budget_usd": job.budget_usd,
        "pacing": serial.to_plain(job.pacing),
        "variants": job.variants,
        "requests": [json.loads(records.dump_request(job.folder, request)) for request in job.requests],
    }
    with convert_home_errors(job.folder):
        write_durable(path, json.dumps(plain, ensure_ascii=False, indent=1).encode())


def read(folder: Path) -> JobFolder:
    """The job of a folder, checked as what a stranger wrote. Raises `InputError` with what is wrong."""
    folder = folder.resolve()
    path = folder / NAME
    try:
        _check_links(folder)
        if path.is_symlink() or not path.is_file() or path.stat().st_size > bounds.MAX_RECORD_BYTES:
            raise Refused("there is none of a sensible size")
        content = path.read_bytes()
        plain = json.loads(content)
        bounds.check_values(plain)
        job = serial.from_plain(JobFolder, {**plain, "batch": "", "folder": ""})
    except Refused as reason:
        raise _build_error(folder, str(reason)) from reason
    except (OSError, *records.UNREADABLE) as error:
        raise _build_error(folder, "it cannot be read") from error
    _check_numbers(job, folder)
    requests = tuple(_read_request(job, number, folder) for number in range(len(job.requests)))
    return replace(job, requests=requests, batch=compute_sha256(path), folder=folder)


def _check_links(folder: Path) -> None:
    """Raise `Refused` for a link anywhere in the folder: results would be written, and files read, where it leads."""
    left = [str(folder)]
    while left:
        with suppress(FileNotFoundError, NotADirectoryError), os.scandir(left.pop()) as entries:
            for entry in entries:  # another machine may remove one meanwhile
                # Junctions of Windows, which Python 3.11 cannot tell; there they are no links either.
                if entry.is_symlink() or getattr(entry, "is_junction", bool)():
                    raise Refused(f"{Path(entry.path).relative_to(folder)} is a link")
                if entry.is_dir(follow_symlinks=False):
                    left.append(entry.path)


def _build_error(folder: Path, reason: str) -> InputError:
    return InputError(
        f"The requests of the job folder {folder} cannot be used: {reason}; nothing was sent.",
        next_step="Capture into a new folder.",
    )


def _check_numbers(job: JobFolder, folder: Path) -> None:
    tests = {
        "number of requests": 0 < len(job.requests) <= _MAX_ITEMS,
        "budget": job.budget_usd is None or bounds.is_within(job.budget_usd, bounds.MAX_COST_USD * _MAX_ITEMS),
        "spending limit": bounds.is_within(job.pacing.limit_usd, bounds.MAX_COST_USD * _MAX_ITEMS)
        and bounds.is_within(job.pacing.seconds, 86400.0, 1.0),
        "number of images": all(bounds.is_within(r.count, _MAX_IMAGES, 1) for r in job.requests),
    }
    if wrong := next((name for name, is_right in tests.items() if not is_right), ""):
        raise _build_error(folder, f"its {wrong} is out of range")
    if len({request.provider for request in job.requests}) > 1:
        raise _build_error(folder, "they are for several providers")


def _read_request(job: JobFolder, number: int, folder: Path) -> GenerationRequest:
    """A request with absolute paths, all of them below the folder. Raises `InputError`."""
    request = job.requests[number]
    try:
        if request.continues or request.workflow or any(need.drawn for need in request.needs):
            raise Refused("it needs more than this folder")
        if not all(_is_earlier(need.generation, number) for need in request.needs):
            raise Refused("it needs one that is not before it")
        validate.check(request)
        return records.map_request_paths(request, lambda path: str(find_file(folder, path)))
    except (Refused, InputError) as reason:
        raise _build_error(folder, f"number {number}: {reason}") from reason


def _is_earlier(name: str, number: int) -> bool:
    return name[:1] == "@" and name[1:].isascii() and name[1:].isdecimal() and int(name[1:6]) < number


def add_needed(job: JobFolder, items: Iterable[int]) -> list[int]:
    """Some items, and those that they need. Raises `InputError` for one that there is not."""
    wanted: set[int] = set()
    left = list(items)
    while left:
        number = left.pop()
        if not 0 <= number < len(job.requests):
            message = f"There is no item {number}: the job folder has the items 0 to {len(job.requests) - 1}."
            raise InputError(message, next_step="Choose others with --items.")
        if number not in wanted:
            wanted.add(number)
            left += [int(need.generation[1:]) for need in job.requests[number].needs]
    return sorted(wanted)


def check_files(job: JobFolder, items: Iterable[int]) -> None:
    """Raise `InputError` if a file of some items is not the one that was captured."""
    paths: dict[str, int] = {}
    for number in items:
        records.map_request_paths(job.requests[number], lambda path, number=number: _note(paths, path, number))
    for path, number in paths.items():
        with convert_home_errors(job.folder):
            if compute_sha256(Path(path)) != Path(path).stem:
                raise _build_error(job.folder, f"number {number}: {Path(path).name} was changed since the capture")


def _note(paths: dict[str, int], path: str, number: int) -> str:
    paths.setdefault(path, number)
    return path


def record(store: Store, job: JobFolder) -> list[str]:
    """The ids of all requests in the folder's store, where they are recorded once, whichever worker comes first.

    Raises BUDGET where all of them would cost more than the job may, DISK where the folder cannot be used by several
    machines, and `InputError` where it is not what was recorded.
    """
    if filesystems.has_local_locks(job.folder):
        raise InputError(
            f"{job.folder} is mounted without file locks that other machines see; nothing was sent.",
            next_step="Mount it without nolock, local_lock or nobrl.",
        )
    budgets = () if job.budget_usd is None else (Budget(job.budget_usd),)
    ids, _ = transitions.add(
        store.database,
        store.home,
        list(zip(job.requests, job.prices, strict=True)),
        group=job.batch if job.variants else "",
        batch=job.batch,
        client=store.identity().id,
        budgets=budgets,
        only=True,
    )
    if len(ids) != len(job.requests):
        raise _build_error(job.folder, "some of those that were recorded are gone")
    store.set_budgets(budgets)
    store.set_pacing(job.pacing)
    return ids


def check_recorded(store: Store, ids: Sequence[str]) -> None:
    """Raise `InputError` if what is recorded names a file outside of the store."""
    for generation in store.many(ids):
        records.map_request_paths(generation.request, lambda path: _check_inside(store.home, path))


def _check_inside(home: Path, path: str) -> str:
    if not Path(path).resolve().is_relative_to(home):
        raise _build_error(home, f"its record names the file {path}")
    return path
