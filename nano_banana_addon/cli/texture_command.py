# SPDX-License-Identifier: GPL-3.0-or-later
"""`texture`: paint objects from several views."""

from __future__ import annotations

import argparse
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import bpy

from ..blender.deliver.material.unwrap import unwrap_missing
from ..core.errors import ErrorKind, NanoBananaError
from ..core.result import Generation
from ..core.texture import TEXTURE_OPTIONS, TextureSettings, format_coverage
from ..features.texture import entry
from ..features.texture.job import TextureResult
from ..features.texture.plan import Plan
from ..features.texture.views import texture_settings
from ..features.texture.views.targets import choose_objects
from . import choices, output


def texture_from(options: argparse.Namespace) -> TextureSettings:
    """The scene's choices for texturing, with those that were given as arguments."""
    values = {key: getattr(options, key) for key in TEXTURE_OPTIONS if getattr(options, key, None) is not None}
    listed = {key: tuple(value) for key, value in values.items() if isinstance(value, list)}
    return texture_settings.texture_settings_of(bpy.context.scene).with_choices(values | listed)


def prepare_plan(options: argparse.Namespace) -> Plan:
    """The plan that the arguments ask for. Raises `NanoBananaError`."""
    names = tuple(options.object or ())
    if options.unwrap:
        unwrap_missing(choose_objects(bpy.context, names))
    return entry.prepare(
        bpy.context,
        choices.settings_from(options),
        texture_from(options),
        names=names,
        base_url=options.base_url,
        given=choices.references_from(options),
        dry=options.dry_run,
    )


def report_coverage(plan: Plan, status: int) -> int:
    """Say, after a dry run, how much of the surface the views would see; the status as it was."""
    if plan.seen is not None:
        output.say(format_coverage(plan.texture.count, plan.seen))
    return status


def run(plan: Plan, options: argparse.Namespace) -> TextureResult:
    """Paint, wait, put on."""
    return entry.run(
        plan,
        output.ProgressLines(),
        again=options.again,
        limit=options.budget,
        on_bake=lambda part, text: output.say(f"texture  {part:.0%}  {text}"),
    )


def report_texture(done: TextureResult, options: argparse.Namespace, notes: Sequence[str]) -> int:
    """One JSON object for each object, words for people, and the status of the worst picture."""
    views = [_view(generation, done) for generation in done.generations]
    spent = sum(g.cost_usd or 0.0 for g in done.generations if g.id not in done.reused)
    status = output.worst(done.generations)
    if done.report is None:
        return _without_texture(done, options, views, status)
    for each in done.report.textured:
        plain = {
            "object": each.object,
            "state": "DONE",
            "files": [str(_copy_maps(each.file, each.object, options.out))],
            "coverage": round(each.coverage, 4),
            "materials": list(each.materials),
            "views": views,
            "cost_usd": spent,
            "notes": [*notes, *done.report.notes],
            "error": None,
        }
        output.write_json(options.json, plain)
        output.say(f"{each.object}  DONE  {each.coverage:.0%} painted  {plain['files'][0]}")
    for note in (*notes, *done.report.notes):
        output.say(note)
    return status


def _without_texture(done: TextureResult, options: argparse.Namespace, views: list[dict[str, Any]], status: int) -> int:
    problem = done.problem or NanoBananaError(ErrorKind.INTERNAL)
    told = {"kind": problem.kind.value, "message": problem.to_sentence()}
    plain = {"object": None, "state": "FAILED", "files": [], "views": views, "error": told}
    output.write_json(options.json, plain)
    output.say(f"nano_banana: {problem.to_sentence()}")
    return status or output.EXIT_FAILED


def _view(generation: Generation, done: TextureResult) -> dict[str, Any]:
    told = output.as_json(generation, [str(path) for path in output.copy_result(generation, "")])
    drifts = [d for d in (done.report.drifts if done.report else ()) if d.generation == generation.id]
    return {
        "view": generation.request.shot,
        **{key: told[key] for key in ("id", "state", "files", "cost_usd", "error")},
        "reused": generation.id in done.reused,
        "drift": [
            {
                "view": drift.name,
                "before_px": round(drift.before, 3) if drift.trusted else None,
                "after_px": round(drift.after, 3) if drift.trusted else None,
                "confidence": round(drift.confidence, 3),
                "too_far": drift.too_far,
            }
            for drift in drifts
        ],
    }


def _copy_maps(path: str, title: str, folder: str | None) -> Path:
    source = Path(path)
    if not folder:
        return source
    target = Path(folder) / f"{output.safe(title)}-texture{source.suffix}"
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)
    except OSError as error:
        raise NanoBananaError(
            ErrorKind.DISK,
            f"The texture could not be copied to {target}: {error.strerror}.",
            next_step=f"It is kept in {source}.",
        ) from error
    return target
