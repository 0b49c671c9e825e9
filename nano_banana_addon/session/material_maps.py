# SPDX-License-Identifier: GPL-3.0-or-later
"""Maps of materials: computed by another process, before a result is delivered as a material."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from ..blender.deliver import delivery
from ..blender.deliver.datablocks import names
from ..blender.deliver.pbr import map_images
from ..blender.host import folders
from ..core.constants import DeliveryKind
from ..core.errors import NanoBananaError
from ..core.material.values import MaterialChoices, MaterialSet
from ..core.result import Generation
from ..storage.files import material_files
from ..worker.material import process
from . import background_tasks

#: Folders of maps that are being computed, and why others could not be.
_in_progress: set[Path] = set()
_failures: dict[Path, NanoBananaError] = {}


def compute(
    source: Path, folder: Path, name: str, choices: MaterialChoices, on_progress: Callable[[float], None]
) -> MaterialSet:
    """The maps of an image file in their folder, computed if they are not there. On any thread.

    Raises `NanoBananaError`.
    """
    return material_files.read_record(folder) or process.compute(source, folder, name, choices, on_progress)


def ensure(generation: Generation, kinds: tuple[str, ...]) -> None:
    """Wait until a result can be delivered. Raises `NanoBananaError` when its maps could not be computed."""
    if work := _find_work(generation, kinds):
        if error := _failures.pop(work.folder, None):
            raise error
        work.run(lambda _: None)


def is_ready(generation: Generation, kinds: tuple[str, ...]) -> bool:
    """Whether `ensure` returns at once, and maps are copied. If not, a background task sees to it: ask again."""
    work = _find_work(generation, kinds)
    if work is None:
        return True
    if work.folder in _in_progress:  # its record may be there already: the task has not seen it yet
        return False
    if work.folder in _failures:
        return True
    if maps := material_files.read_record(work.folder):
        return map_images.are_ready(maps, delivery.storage_of(generation))
    _in_progress.add(work.folder)
    task = background_tasks.Task(f"Computing the maps of {names.title_of(generation)} …")
    background_tasks.start(partial(_compute_ahead, work, task), task.title, task)
    return False


class _Work:
    """The maps of one result."""

    def __init__(self, generation: Generation, source: Path, sha256: str) -> None:
        self._delivery, self._root = generation.request.delivery, folders.home()
        self.folder = material_files.find_maps(self._root, sha256, self._delivery)
        self._source, self._name = source, names.slug_of(names.title_of(generation))

    def run(self, on_progress: Callable[[float], None]) -> None:
        if self._delivery.maps_of is None:
            choices = material_files.choose_choices(self._delivery)
            compute(self._source, self.folder, self._name, choices, on_progress)
        elif material_files.read_record(self.folder) is None:
            base = material_files.find_base(self._root, self._delivery.maps_of)
            process.compute_generated(base, self._source, self.folder, on_progress)


def _find_work(generation: Generation, kinds: tuple[str, ...]) -> _Work | None:
    picture = generation.picture
    if picture is None or DeliveryKind.PBR_MATERIAL not in kinds:
        return None
    return _Work(generation, Path(picture.path), picture.sha256)


def _compute_ahead(work: _Work, task: background_tasks.Task) -> Callable[[], None]:
    """A failure is told when the result is delivered."""
    try:
        work.run(task.advance)
    except NanoBananaError as error:
        _failures[work.folder] = error
    finally:
        _in_progress.discard(work.folder)
    return lambda: None
