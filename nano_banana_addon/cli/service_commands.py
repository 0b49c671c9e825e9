# SPDX-License-Identifier: GPL-3.0-or-later
"""The commands `models` and `uploads`: the provider's models and the uploaded references."""

from __future__ import annotations

import argparse

from ..blender.host import folders
from ..core import models
from ..core.models import ModelAvailability
from ..features.generation.destination import resolve_destination
from ..features.provider import model_list
from ..session import session
from ..storage.database.uploads import StoredUploads
from ..worker import provider_calls
from . import output


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
