# SPDX-License-Identifier: GPL-3.0-or-later
"""The command `texture`: generate textures for objects from several views."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import bpy

from ..blender.deliver.material.atlas import pack_atlas
from ..blender.deliver.material.unwrap import unwrap_missing
from ..blender.host.progress_steps import run_all
from ..core.errors import ErrorKind, InputError, NanoBananaError
from ..core.files import convert_disk_errors, copy_whole
from ..core.result import Generation
from ..core.text import result_object
from ..core.texture import TEXTURE_OPTIONS, TextureSettings, ViewSet, format_coverage
from ..features.texture import add_detail, add_view, job
from ..features.texture import plan as texture_plan
from ..features.texture.job import TextureResult
from ..features.texture.objects.atlas import list_unpacked
from ..features.texture.objects.choice import choose_objects
from ..features.texture.plan import TexturePlan
from ..features.texture.views import frame_coverage, texture_settings
from . import choices, output


def read_texture_settings(options: argparse.Namespace) -> TextureSettings:
    """The scene's texturing settings, overridden by the arguments."""
    values = {key: getattr(options, key) for key in TEXTURE_OPTIONS if getattr(options, key, None) is not None}
    if "keyframes" in values:
        values.setdefault("views", ViewSet.KEYFRAMES.value)
    listed = {key: tuple(value) for key, value in values.items() if isinstance(value, list)}
    return texture_settings.texture_settings_of(bpy.context.scene).replace_choices(values | listed)


def prepare_plan(options: argparse.Namespace) -> TexturePlan:
    """The plan for the arguments. Raises `NanoBananaError`."""
    names = tuple(options.object or ())
    if options.add_view or options.add_detail:
        return _prepare_change(options, names)
    texture = read_texture_settings(options)
    chosen = choose_objects(bpy.context, names)
    if options.unwrap and not texture.atlas:
        unwrap_missing(chosen.objects)
    if texture.atlas and list_unpacked(chosen.objects):
        pack_atlas(chosen.objects, texture.texture_size, chosen.places)
    return texture_plan.prepare(
        bpy.context,
        choices.read_settings(options),
        texture,
        names=names,
        base_url=options.base_url,
        reference_override=choices.read_references(options),
        dry_run=options.dry_run,
    )


def _prepare_change(options: argparse.Namespace, names: Sequence[str]) -> TexturePlan:
    """The plan that changes an existing texture."""
    if options.add_view and options.add_detail:
        raise InputError("--add-view and --add-detail are two things.", next_step="Give one after the other.")
    if len(names) > 1:
        raise InputError("The texture of one object is changed at a time.", next_step="Give --object once.")
    chosen = (bpy.context, choices.read_settings(options), read_texture_settings(options))
    name, url, dry_run = next(iter(names), ""), options.base_url, options.dry_run
    if options.add_detail:
        return add_detail.prepare(*chosen, name=name, base_url=url, dry_run=dry_run)
    references = choices.read_references(options)
    return add_view.prepare(*chosen, name=name, base_url=url, reference_override=references, dry_run=dry_run)


def report_coverage(plan: TexturePlan, options: argparse.Namespace, status: int) -> int:
    """Report, after a dry run, how much of the surface, or of all frames, is seen; returns the status unchanged."""
    if plan.texture.views == ViewSet.KEYFRAMES:
        settings = choices.read_settings(options)
        steps = frame_coverage.measure_steps(bpy.context, settings, plan.texture, tuple(options.object or ()))
        output.say(run_all(steps).describe())
    elif plan.seen is not None:
        output.say(format_coverage(plan.texture.count, plan.seen))
    return status


def run(plan: TexturePlan, options: argparse.Namespace) -> TextureResult:
    """Generate, wait, apply."""
    return job.run(
        plan,
        output.ProgressLines(),
        again=options.again,
        limit=options.budget,
        on_bake=lambda part, text: output.say(f"texture  {part:.0%}  {text}"),
    )


def report_texture(result: TextureResult, options: argparse.Namespace, notes: Sequence[str]) -> int:
    """Write one JSON object for each object, print messages, and return the status of the worst image."""
    views = [_view_to_dict(generation, result) for generation in result.generations]
    spent = sum(g.cost_usd or 0.0 for g in result.generations if g.id not in result.reused)
    status = output.find_worst_status(result.generations)
    if result.report is None:
        return _report_missing_texture(result, options, views, status)
    for texture in result.report.textures:
        plain = {
            "object": texture.object,
            "objects": list(texture.objects),
            "state": "DONE",
            "files": [str(_copy_map(path, texture.object, options.out)) for path in texture.files],
            "maps": {
                kind: [str(_copy_map(path, texture.object, options.out, f"-{kind.lower()}")) for path in paths]
                for kind, paths in texture.maps.items()
            },
            "coverage": round(texture.coverage, 4),
            "materials": list(texture.materials),
            "views": views,
            "cost_usd": spent,
            "notes": [*notes, *result.report.notes],
            "error": None,
        }
        output.write_json(options.json, plain)
        output.say(f"{texture.object}  DONE  {texture.coverage:.0%} covered  {plain['files'][0]}")
    for note in (*notes, *result.report.notes):
        output.say(note)
    return status


def _report_missing_texture(
    result: TextureResult, options: argparse.Namespace, views: list[dict[str, Any]], status: int
) -> int:
    problem = result.problem or NanoBananaError(ErrorKind.INTERNAL)
    error = {"kind": problem.kind.value, "message": problem.to_sentence()}
    plain = {"object": None, "state": "FAILED", "files": [], "views": views, "error": error}
    output.write_json(options.json, plain)
    output.say(f"nano_banana: {problem.to_sentence()}")
    return status or output.EXIT_FAILED


def _view_to_dict(generation: Generation, result: TextureResult) -> dict[str, Any]:
    generation_json = result_object.to_json(generation, [str(path) for path in output.copy_result(generation, "")])
    drifts = [d for d in (result.report.drifts if result.report else ()) if d.generation == generation.id]
    return {
        "view": generation.request.shot,
        **{key: generation_json[key] for key in ("id", "state", "files", "cost_usd", "error")},
        "reused": generation.id in result.reused,
        "drift": [
            {
                "view": drift.name,
                "before_px": round(drift.before, 3) if drift.trusted else None,
                "after_px": round(drift.after, 3) if drift.trusted else None,
                "confidence": round(drift.confidence, 3),
                "too_far": drift.too_far,
                "followed": drift.followed,
            }
            for drift in drifts
        ],
    }


def _copy_map(path: str, title: str, folder: str | None, kind: str = "") -> Path:
    source = Path(path)
    if not folder:
        return source
    target = Path(folder) / f"{output.clean_name(title)}-texture{kind}{''.join(source.suffixes)}"
    with convert_disk_errors(f"Cannot copy the texture to {target}", f"It remains in {source}."):
        copy_whole(source, target, durable=False)
    return target
