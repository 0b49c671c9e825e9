# SPDX-License-Identifier: GPL-3.0-or-later
"""What the commands do: the same functions that the operators call."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from pathlib import Path

import bpy

from ..blender import (
    continuing,
    credentials,
    generate,
    online,
    request_preview,
    same,
    storyboard,
)
from ..blender.generate import Order
from ..core import models
from ..core.errors import ErrorKind, InputError, NanoBananaError
from ..core.result import Generation
from ..core.settings import Settings
from ..wire.providers import PROVIDERS
from . import choices, ledger_commands, output

#: All generations of a command, and the ids of those that were painted before.
Painted = tuple[list[Generation], frozenset[str]]


def _generation(
    options: argparse.Namespace,
    prepare: Callable[[argparse.Namespace], Order],
    run: Callable[[Order, Callable[..., None], argparse.Namespace], Painted],
) -> int:
    if options.provider and options.provider not in PROVIDERS:
        raise InputError(
            f"There is no provider {options.provider!r}.",
            next_step=f"Choose one of {', '.join(PROVIDERS)}.",
        )
    if options.frame is not None:
        bpy.context.scene.frame_set(options.frame)
    order = prepare(options)
    if options.dry_run:
        return _dry_run(options, order)
    ended, reused = run(order, output.ProgressLines(), options)
    if options.save:
        _save(options.save)
    return output.finished(options.json, ended, options.out or "", order.notes, reused)


def _dry_run(options: argparse.Namespace, order: Order) -> int:
    ready = request_preview.prepared(order)
    output.say(request_preview.text_of(ready))
    for request in ready.requests:
        output.write_json(
            options.json,
            {"state": "DRY_RUN", "estimate_usd": ready.estimate, "request": request.to_dict()},
        )
    return output.EXIT_DONE


def _save(path: str) -> None:
    try:
        bpy.ops.wm.save_as_mainfile(filepath=str(Path(path).resolve()), copy=True)
    except RuntimeError as error:
        raise NanoBananaError(ErrorKind.DISK, f"{path} could not be saved: {error}") from error


def restyle(options: argparse.Namespace) -> int:
    """Capture, or take up an earlier picture; paint, copy, apply."""
    return _generation(options, _continued if options.continues else _captured, _run_restyle)


def _captured(options: argparse.Namespace) -> Order:
    return generate.prepare(
        bpy.context,
        choices.settings_from(options),
        base_url=options.base_url,
        given=choices.references_from(options),
        dry=options.dry_run,
    )


def _continued(options: argparse.Namespace) -> Order:
    return continuing.prepare(
        bpy.context,
        continuing.named(options.continues),
        choices.instructed_by(options),
        base_url=options.base_url,
        given=choices.references_from(options) or (),
        dry=options.dry_run,
    )


def _run_restyle(
    order: Order, on_change: Callable[..., None], options: argparse.Namespace
) -> Painted:
    return same.run(order, on_change, again=options.again, limit=options.budget)


def _run_storyboard(
    order: Order, on_change: Callable[..., None], options: argparse.Namespace
) -> Painted:
    begun = [] if options.again else storyboard.painted_before(order)
    same.hold(storyboard.rest_of(order, begun), options.budget)
    return storyboard.run(order, on_change, begun), frozenset(shot.id for shot in begun)


def _shots(options: argparse.Namespace) -> Order:
    return storyboard.prepare(
        bpy.context,
        choices.settings_from(options),
        base_url=options.base_url,
        given=choices.references_from(options),
        dry=options.dry_run,
    )


def storyboard_command(options: argparse.Namespace) -> int:
    """One frame for each marker with a camera, as strips in a scene of their own."""
    return _generation(options, _shots, _run_storyboard)


def list_models(options: argparse.Namespace) -> int:
    """The catalogue, or with --live what the provider offers."""
    offered = _live(options) if options.live else None
    for model in models.MODELS.values():
        plain = {
            "id": model.id,
            "label": model.label,
            "sizes": list(model.sizes),
            "ratios": list(model.ratios),
            "max_references": model.max_references,
            "price_usd": {size: round(model.picture_price(size), 4) for size in model.sizes},
            "note": model.note,
            "offered": None if offered is None else model.id in offered,
        }
        output.write_json(options.json, plain)
        prices = "  ".join(f"{size} ${price:.3f}" for size, price in plain["price_usd"].items())
        missing = "  (not offered by the provider)" if plain["offered"] is False else ""
        output.say(f"{model.id:30} {model.label:20} {prices}{missing}")
    return output.EXIT_DONE


def _live(options: argparse.Namespace) -> set[str]:
    from ..wire.models_list import list_models as ask

    provider = options.provider or generate.provider_of(Settings())
    target = generate.endpoint_of(provider, options.base_url)
    online.require_online(target)
    return {model.id for model in ask(target, credentials.required_key(provider))}


COMMANDS: Mapping[str, Callable[[argparse.Namespace], int]] = {
    "restyle": restyle,
    "storyboard": storyboard_command,
    "models": list_models,
    "history": ledger_commands.history_command,
    "cost": ledger_commands.cost_command,
}
