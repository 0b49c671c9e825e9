# SPDX-License-Identifier: GPL-3.0-or-later
"""The commands `models`, `styles`, `uploads` and `agent`: what can be chosen, uploads, functions for assistants."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from ..blender.host import folders
from ..core import models
from ..core.errors import ErrorKind, InputError
from ..core.models import ModelAvailability
from ..core.styles.styles import STYLES, USE_LABELS, compose_style
from ..features.agent import calls, job_state
from ..features.generation.destination import resolve_destination
from ..features.provider import model_list
from ..session import session
from ..storage.database.uploads import StoredUploads
from ..worker import provider_calls
from . import output
from .arguments.words import to_flag


def list_models(options: argparse.Namespace) -> int:
    """Print the catalogue, or with --live what the provider offers, including new models."""
    offer = _fetch_offer(options) if options.live else None
    for model in models.MODELS.values():
        _write_model(options, model, None if offer is None else model.id in offer.offered)
    for entry in offer.new if offer else ():
        _write_model(options, models.find(entry.id), offered=True, label=entry.label)
    return output.EXIT_DONE


def _write_model(
    options: argparse.Namespace,
    model: models.ImageModel,
    offered: bool | None,
    label: str = "",
) -> None:
    prices = {size: round(model.find_image_price(size), 4) for size in model.sizes}
    plain = {
        "id": model.id,
        "label": label or model.label,
        "sizes": list(model.sizes),
        "ratios": list(model.ratios),
        "max_references": model.max_references,
        "price_usd": prices if model.known else None,
        "known": model.known,
        "note": model.note,
        "offered": offered,
    }
    output.write_json(options.json, plain)
    price_list = "  ".join(f"{size} ${price:.3f}" for size, price in prices.items())
    price_text = price_list if model.known else "not in the catalogue; use it with --model"
    missing = "  (not offered by the provider)" if offered is False else ""
    output.say(f"{model.id:30} {plain['label']:20} {price_text}{missing}")


def _fetch_offer(options: argparse.Namespace) -> ModelAvailability:
    destination = resolve_destination(options.provider, options.base_url)
    return model_list.fetch(destination.endpoint, destination.key)


def list_styles(options: argparse.Namespace) -> int:
    """Print the styles: what --style takes, for what each is made, and its text."""
    for style in STYLES.values():
        text = compose_style(style.id)
        output.write_json(options.json, {"id": style.id, "use": style.use, "label": style.label, "text": text})
        output.say(f"{to_flag(style.id):14} {USE_LABELS[style.use]:18} {text}")
    return output.EXIT_DONE


def uploads_command(options: argparse.Namespace) -> int:
    """Print the number of references uploaded to the provider, or with --delete remove them."""
    uploads = StoredUploads(session.current().store.database)
    if options.delete:
        destination = resolve_destination(options.provider, options.base_url)
        count = provider_calls.delete_all(folders.home(), destination.endpoint, destination.key)
        output.write_json(options.json, {"deleted": count})
        output.say(provider_calls.describe_deletion(count))
        return output.EXIT_DONE
    files = uploads.items()
    for _key, file in files:
        plain = {"name": file.name, "mime_type": file.mime_type, "expires": file.expires}
        output.write_json(options.json, plain)
    output.say(f"{len(files)} uploaded file{'' if len(files) == 1 else 's'} at providers.")
    return output.EXIT_DONE


def agent_command(options: argparse.Namespace) -> int:
    """Carry out one call of an assistant; after submit wait for the job, which would end with this process."""
    target = options.json or "-"
    text = "{}" if options.call == "capabilities" else _read_arguments(options.arguments)
    answer = calls.run(options.call, text)
    output.write_json(target, answer)
    if not answer["ok"]:
        over_budget = answer["error"]["kind"] == ErrorKind.BUDGET
        return output.EXIT_OVER_BUDGET if over_budget else output.EXIT_FAILED
    if options.call == "submit":
        _await_end(answer["id"])
        answer = calls.result(answer["id"])
        output.write_json(target, answer)
    return output.EXIT_DONE if options.call not in ("submit", "wait") else _find_exit_status(answer)


def _await_end(job_id: str) -> None:
    while calls.wait(job_id).get("state") in job_state.UNDER_WAY:
        pass


def _find_exit_status(answer: dict[str, Any]) -> int:
    if answer.get("state") == "DONE":
        return output.EXIT_DONE
    over_budget = (answer.get("error") or {}).get("kind") == ErrorKind.BUDGET
    return output.EXIT_OVER_BUDGET if over_budget else output.EXIT_FAILED


def _read_arguments(path: str) -> str:
    try:
        return sys.stdin.read() if path == "-" else Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"Cannot read the arguments from {path}: {error}.") from error
