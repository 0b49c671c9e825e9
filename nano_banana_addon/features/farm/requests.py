# SPDX-License-Identifier: GPL-3.0-or-later
"""Requests that were captured here, as a job folder that other machines carry out."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path, PurePosixPath, PureWindowsPath

from ...core.errors import InputError
from ...core.request import GenerationRequest
from ...core.scene.capture import DataBlockRef
from ...core.text.series import join_series
from ...session import budget_sync
from ...storage import job_folder
from ...storage.database import records
from ...storage.files.layout import Home, open_home
from ...storage.job_folder import JobFolder
from ...worker.services import keep_file
from ..generation.request_builder import Order


def write_folder(order: Order, folder: Path, *, budget: float | None, variants: bool) -> JobFolder:
    """Write the requests of an order, with copies of their files, into a new or empty folder.

    It holds neither keys nor paths of this machine. All of it may cost at most `budget` dollars. Raises `InputError`,
    DISK.
    """
    folder = folder.resolve()
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InputError(f"{folder} is not an empty folder.", next_step="Choose a new one.")
    for request in order.requests:
        _check(request)
    home = open_home(folder)
    requests = tuple(_detach(request, home) for request in join_series(order.requests))
    job = JobFolder(requests, budget, budget_sync.read_pacing(), variants and len(requests) > 1, folder=folder)
    job_folder.write(job)
    return job


def _check(request: GenerationRequest) -> None:
    if request.continues:
        raise InputError("A conversation cannot be continued on a render farm.", next_step="Generate it here.")
    if request.workflow:
        raise InputError(
            "A workflow of your own cannot be used on a render farm.", next_step="Choose one of the models of ComfyUI."
        )


def _detach(request: GenerationRequest, home: Home) -> GenerationRequest:
    """The request with its files in the folder, and without anything that names a place of this machine."""
    request = records.map_request_paths(request, partial(keep_file, home, name="image of the request"))
    delivery, capture, region = request.delivery, request.capture, request.region
    delivery = replace(
        delivery,
        objects=tuple(map(_detach_block, delivery.objects)),
        scene=delivery.scene and _detach_block(delivery.scene),
    )
    if capture:
        capture = replace(capture, objects=tuple(map(_detach_block, capture.objects)))
    if region and region.target:
        region = replace(region, target=_detach_block(region.target))
    choices = {name: word for name, word in request.choices.items() if not _is_local(word)}
    return replace(request, delivery=delivery, capture=capture, region=region, choices=choices, blend_path="")


def _detach_block(block: DataBlockRef) -> DataBlockRef:
    """Without the path of its library, unless that is relative to the .blend."""
    return replace(block, library="" if _is_local(block.library) else block.library)


def _is_local(text: str) -> bool:
    """Whether a text is a path of this machine; "//" begins one that is relative to the .blend."""
    path = PureWindowsPath(text)
    return not text.startswith("//") and (PurePosixPath(text).is_absolute() or bool(path.drive or path.root))
