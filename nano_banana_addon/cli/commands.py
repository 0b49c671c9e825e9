# SPDX-License-Identifier: GPL-3.0-or-later
"""The commands; they call the same functions as the operators."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from pathlib import Path

import bpy

from ..core.errors import ErrorKind, InputError, NanoBananaError
from ..core.result import Generation
from ..core.storyboard.shot import Shot
from ..features.conversation import continuation
from ..features.generation import duplicates, request_builder
from ..features.generation.request_builder import Order
from ..features.storyboard import assignment, orders, shots, stale
from ..wire.providers import PROVIDERS
from . import choices, dry_run, edit_command, farm_commands, ledger_commands, output, service_commands

#: All generations of a command, and the ids of those that were reused.
RunResult = tuple[list[Generation], frozenset[str]]


def _run_generation(
    options: argparse.Namespace,
    prepare: Callable[[argparse.Namespace], Order],
    run: Callable[[Order, Callable[..., None], argparse.Namespace], RunResult],
) -> int:
    _check_and_set_frame(options)
    order = prepare(options)
    if options.dry_run:
        return dry_run.report(options, order)
    ended, reused = run(order, output.ProgressLines(), options)
    if options.save:
        _save(options.save)
    return output.report_results(options.json, ended, options.out or "", order.notes, reused)


def _check_and_set_frame(options: argparse.Namespace) -> None:
    """Check what can be checked before a capture, then set the frame."""
    if options.provider and options.provider not in PROVIDERS:
        raise InputError(
            f"There is no provider {options.provider!r}.",
            next_step=f"Choose one of {', '.join(PROVIDERS)}.",
        )
    if options.frame is not None:
        bpy.context.scene.frame_set(options.frame)


def _save(path: str) -> None:
    try:
        bpy.ops.wm.save_as_mainfile(filepath=str(Path(path).resolve()), copy=True)
    except RuntimeError as error:
        reason = str(error).removeprefix("Error: ").strip().rstrip(".")
        step = "Save it elsewhere; what was generated is in the history."
        raise NanoBananaError(ErrorKind.DISK, f"Cannot save {path}: {reason}.", next_step=step) from error


def restyle(options: argparse.Namespace) -> int:
    """Capture, or continue an earlier image; generate, copy, apply."""
    return _run_generation(options, _prepare_continuation if options.continues else _prepare_capture, _run_restyle)


def _prepare_capture(options: argparse.Namespace) -> Order:
    choices.check_before_capture(options)
    return request_builder.prepare(
        bpy.context,
        choices.read_settings(options),
        base_url=options.base_url,
        reference_override=choices.read_references(options),
        dry_run=options.dry_run,
    )


def _prepare_continuation(options: argparse.Namespace) -> Order:
    return continuation.prepare(
        bpy.context,
        continuation.resolve_id(options.continues),
        choices.read_instruction(options),
        base_url=options.base_url,
        reference_override=choices.read_references(options) or (),
        dry_run=options.dry_run,
    )


def _run_restyle(order: Order, on_change: Callable[..., None], options: argparse.Namespace) -> RunResult:
    return duplicates.run(order, on_change, force_new=options.again, limit=options.budget)


def _run_storyboard(order: Order, on_change: Callable[..., None], options: argparse.Namespace) -> RunResult:
    existing = {} if options.again else orders.find_existing(order)
    duplicates.check_budget(orders.select_missing(order, existing).estimate, options.budget)
    return orders.run(order, on_change, existing), frozenset(shot.id for shot in existing.values())


def _prepare_storyboard(options: argparse.Namespace) -> Order:
    choices.check_before_capture(options, len(options.chosen))
    assignment.assign(bpy.context.scene, options.cast)
    return orders.prepare(
        bpy.context,
        choices.read_settings(options),
        base_url=options.base_url,
        reference_override=choices.read_references(options),
        dry_run=options.dry_run,
        shots=options.chosen,
    )


def _choose_shots(options: argparse.Namespace) -> tuple[Shot, ...]:
    scene = bpy.context.scene
    chosen = shots.choose_shots(scene, options.shots) if options.shots else shots.get_shots(scene)
    if options.stale:
        stale.check(bpy.context, choices.read_settings(options), choices.read_references(options))
        due = {shot.key for shot in stale.list_due(scene)}
        chosen = tuple(shot for shot in chosen if shot.key in due)
    return chosen


def storyboard_command(options: argparse.Namespace) -> int:
    """Generate one frame for each shot, as strips in a storyboard scene."""
    options.chosen = _choose_shots(options)
    if not options.chosen:
        output.say("All shots are up to date.")
        return output.EXIT_DONE
    return _run_generation(options, _prepare_storyboard, _run_storyboard)


def capture_command(options: argparse.Namespace) -> int:
    """Capture what a command would send, into a job folder. Needs no key."""
    _check_and_set_frame(options)
    prepare = _prepare_capture
    if options.captured == "storyboard":
        prepare, options.chosen = _prepare_storyboard, _choose_shots(options)
        if not options.chosen:
            output.say("All shots are up to date.")
            return output.EXIT_DONE
    order = prepare(argparse.Namespace(**{**vars(options), "dry_run": True}))
    return dry_run.report(options, order) if options.dry_run else farm_commands.write_capture(options, order)


def edit(options: argparse.Namespace) -> int:
    """Change a part of an image."""
    return _run_generation(options, edit_command.prepare, _run_restyle)


def texture_command(options: argparse.Namespace) -> int:
    """Generate textures for objects from several views."""
    from . import texture_command as texturing  # NumPy and the GPU: not for the other commands

    _check_and_set_frame(options)
    choices.check_before_capture(options, 1)  # how many views there are is known later
    plan = texturing.prepare_plan(options)
    if options.dry_run:
        return texturing.report_coverage(plan, options, dry_run.report(options, plan.order))
    result = texturing.run(plan, options)
    if options.save:
        _save(options.save)
    return texturing.report_texture(result, options, plan.order.notes)


def material_command(options: argparse.Namespace) -> int:
    """Make a material of an image, or generate one."""
    from . import material_command as materials

    materials.check(options)
    if materials.is_free(options):
        status = materials.make(options)
    else:
        order = materials.prepare(options)
        if options.dry_run:
            return dry_run.report(options, order)
        status = materials.run(order, options)
    if options.save:
        _save(options.save)
        materials.finish_library(options)
    return status


def composite_command(options: argparse.Namespace) -> int:
    """Put an image into the compositor as a layer with masks."""
    from . import composite_command as compositing

    return compositing.composite(options)


def _deliver(options: argparse.Namespace) -> int:
    status = farm_commands.deliver(options)
    if options.save:
        _save(options.save)
    return status


def _agent(options: argparse.Namespace) -> int:
    status = service_commands.agent_command(options)
    if options.save and options.call == "submit":
        _save(options.save)
    return status


def board_command(options: argparse.Namespace) -> int:
    """Write the storyboard as a file."""
    from . import board_command as exporting

    return exporting.export_board(options)


COMMANDS: Mapping[str, Callable[[argparse.Namespace], int]] = {
    "restyle": restyle,
    "storyboard": storyboard_command,
    "board": board_command,
    "texture": texture_command,
    "edit": edit,
    "material": material_command,
    "composite": composite_command,
    "capture": capture_command,
    "farm": farm_commands.farm,
    "generate": farm_commands.generate,
    "deliver": _deliver,
    "agent": _agent,
    "models": service_commands.list_models,
    "styles": service_commands.list_styles,
    "uploads": service_commands.uploads_command,
    "history": ledger_commands.history_command,
    "cost": ledger_commands.cost_command,
}
