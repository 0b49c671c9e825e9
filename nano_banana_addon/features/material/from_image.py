# SPDX-License-Identifier: GPL-3.0-or-later
"""A material from any image, free: its maps are computed by another process, then it is made in the open file."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

import bpy

from ...blender.capture import image_file
from ...blender.capture.pixels import make_path
from ...blender.deliver import delivery, pbr_target
from ...blender.deliver.datablocks import files, names, ownership_tags
from ...blender.deliver.datablocks.delivery_report import DeliveryLog, DeliveryReport
from ...blender.deliver.pbr import map_images, pbr_material
from ...blender.deliver.pbr.pbr_material import MaterialSource
from ...blender.host import file_session, folders
from ...core.errors import InputError
from ...core.files import compute_sha256, convert_disk_errors
from ...core.material.values import MaterialSet
from ...core.material_settings import MaterialSettings
from ...core.request import GenerationRequest
from ...core.result import Generation
from ...core.settings import Settings
from ...session import apply_result, background_tasks, material_maps, panel_state
from ...storage.files import material_files
from ..generation import request_builder
from . import region

_LEAST = 64  # pixels of a side
_MOVIES = {"TILED", "MOVIE", "SEQUENCE", "VIEWER"}


@dataclass(frozen=True, slots=True)
class MaterialDraft:
    """What is needed of Blender to compute the maps, and to make the material in the file it was read in."""

    path: Path
    root: Path  # of the store
    title: str
    settings: MaterialSettings
    request: GenerationRequest  # where the material goes
    load_id: str
    is_generated: bool
    box: region.Box | None = None
    cut_path: Path | None = None  # where the box of the image is written
    copies: Path | None = None  # the folder where Blender gets its copies of the maps


def read(
    context: bpy.types.Context,
    image: bpy.types.Image | Path | Generation,
    settings: MaterialSettings,
    box: region.Box | None = None,
) -> MaterialDraft:
    """Read what is needed of a data-block, a file or a result, or of a box of it.

    Raises `InputError` for what has no pixels.
    """
    given = request_builder.build_delivery(context, Settings())
    given = given if settings.on_objects else replace(given, objects=())
    if isinstance(image, Generation):
        path, title, is_generated = Path(_require_picture(image)), names.title_of(image), True
    elif isinstance(image, bpy.types.Image):
        if image.source in _MOVIES:
            raise InputError(f"The image {image.name!r} is no single image.", next_step="Choose a single image.")
        path, title = image_file(image, folders.ensure_incoming_folder()), Path(image.name).stem or image.name
        is_generated = bool(ownership_tags.get_fact(image, "generation", ""))
    else:
        path, title, is_generated = image, image.stem, False
    request = GenerationRequest("", delivery=given, blend_path=bpy.data.filepath)
    load_id = file_session.current_load_id()
    cut_path = make_path(folders.ensure_incoming_folder(), ".npy") if box else None
    copies = files.find_copy_folder(delivery.choose_storage(pack=given.pack))
    return MaterialDraft(path, folders.home(), title, settings, request, load_id, is_generated, box, cut_path, copies)


def find_image(context: bpy.types.Context, name: str) -> bpy.types.Image:
    """The image of a name, else that of the editor. Raises `InputError` when there is none."""
    image = bpy.data.images.get(name) if name else getattr(context.space_data, "image", None)
    if image is None:
        message = f"There is no image {name!r} in this file." if name else "No image is chosen."
        raise InputError(message, next_step="Choose an image.")
    return image


def _require_picture(generation: Generation) -> str:
    if generation.picture is None:
        raise InputError("This generation has no image.", next_step="Choose another result.")
    return generation.picture.path


def compute(draft: MaterialDraft, on_progress: Callable[[float], None]) -> MaterialSource:
    """Compute the maps, and copy them for Blender; on any thread. Raises `NanoBananaError`."""
    path = draft.path
    if draft.box is not None and draft.cut_path is not None:
        region.cut(path, draft.box, draft.cut_path, _LEAST)
        path = draft.cut_path
    with convert_disk_errors(f"The image {draft.path.name} cannot be read", "Choose another image."):
        sha256 = compute_sha256(path)
    choices = draft.settings.choices()
    folder = material_files.find_folder(draft.root, sha256, choices)
    maps = material_maps.compute(path, folder, names.slug_of(draft.title), choices, on_progress)
    if draft.copies is not None:
        map_images.copy_ahead(maps, draft.copies)
    return MaterialSource(maps, draft.settings, draft.title, sha256, draft.is_generated)


def build(context: bpy.types.Context, draft: MaterialDraft, source: MaterialSource) -> DeliveryReport:
    """Make the material in the open file, as one undo step. Raises `NanoBananaError`; the file is as before then."""
    if draft.load_id != file_session.current_load_id():
        raise InputError(
            "Another file was opened while the maps were computed.",
            next_step="Make the material there again: its maps are kept.",
        )
    log = DeliveryLog()
    objects = pbr_target.choose_objects(draft.request, context, log, unwrap=False)
    if draft.settings.on_objects and not draft.request.delivery.objects:
        log.add_note("No mesh was selected: the material is an asset of this file, and on no object.")
    with ExitStack() as undo:
        pbr_material.make(source, objects, delivery.choose_storage(pack=draft.request.delivery.pack), log, undo)
        undo.pop_all()
    apply_result.push_undo_step("Nano Banana: Material")
    return log.report()


def run(
    context: bpy.types.Context, draft: MaterialDraft, on_progress: Callable[[float], None] = lambda _: None
) -> tuple[MaterialSet, DeliveryReport]:
    """Compute and build; Blender waits. Raises `NanoBananaError`."""
    source = compute(draft, on_progress)
    return source.maps, build(context, draft, source)


def start(draft: MaterialDraft) -> None:
    """Compute in the background, with progress and Cancel in the notice, then build."""
    task = background_tasks.Task(f"Computing the maps of {draft.title} …", "nano_banana.material_from_image")

    def work() -> Callable[[], None]:
        source = compute(draft, task.advance)
        return lambda: _show(build(bpy.context, draft, source))

    background_tasks.start(work, task.title, task)


def _show(report: DeliveryReport) -> None:
    panel_state.show_notice("TASK", f"The material {report.delivered[0]!r} is ready.", "\n".join(report.notes))
