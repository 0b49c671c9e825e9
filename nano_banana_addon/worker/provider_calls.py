# SPDX-License-Identifier: GPL-3.0-or-later
"""Calls to a provider that cost nothing: connection test, list of models, deleting uploads.

They run in a separate process: importing the network libraries would block Blender for a tenth of a second, in a thread
as well.
"""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ..core import models
from ..core.errors import ErrorKind, NanoBananaError
from ..core.models import ModelAvailability, NewModel
from ..storage.files import model_lists
from ..wire.providers import PROVIDERS, Endpoint
from . import child_process

#: Whether it succeeded, and the message.
Answer = tuple[bool, str]

#: Seconds after which a process that does not answer is ended; the calls have limits of their own.
_PATIENCE = 180.0


def ask_apart(call_name: str, home: Path, target: Endpoint, key: str, python: str, paths: Sequence[str]) -> Answer:
    """Run a call in a separate process and wait for its result, for minutes at most: for a thread.

    `paths` is sys.path with the add-on's folder in it. Errors are returned as a result, too.
    """
    hello = {
        "paths": list(dict.fromkeys(path for path in paths if path)),
        "home": str(home),
        "call": call_name,
        "provider": target.provider.id,
        "base_url": target.base_url,
        "key": key,
    }
    try:
        done = subprocess.run(  # noqa: S603 - this Python, and words of our own
            child_process.command(python, "provider_calls"),
            input=json.dumps(hello).encode() + b"\n",
            capture_output=True,
            timeout=_PATIENCE,
            check=False,
            env=child_process.environment(),
            **child_process.apart(),
        )
        plain = json.loads(done.stdout)
        return bool(plain["ok"]), str(plain["words"])
    except (OSError, subprocess.TimeoutExpired, ValueError, KeyError) as error:
        return False, NanoBananaError(ErrorKind.INTERNAL, detail=str(error)[:200]).to_sentence()


def main(hello: Mapping[str, Any], _handle: int) -> int:
    """The process: one call, one line of JSON on standard output."""
    target = Endpoint(PROVIDERS[hello["provider"]], hello["base_url"])
    ok, words = carry_out(hello["call"], Path(hello["home"]), target, hello["key"])
    os.write(1, json.dumps({"ok": ok, "words": words}).encode())
    return 0


def carry_out(call_name: str, home: Path, target: Endpoint, key: str) -> Answer:
    """Run a call in this process: "test", "models" or "uploads"."""
    try:
        return CALLS[call_name](home, target, key)
    except NanoBananaError as error:
        return False, error.to_sentence()


def try_key(_home: Path, target: Endpoint, key: str) -> Answer:
    """Whether the provider accepts the key."""
    if not target.base_url:
        return True, "Offline works: the bundled server generates previews without key or cost."
    from ..wire.gemini.models_list import test_connection

    report = test_connection(target, key)
    return report.ok, report.sentence


def refresh_models(home: Path, target: Endpoint, key: str) -> Answer:
    """Request and store the provider's list of models; describes what is new."""
    return True, describe_offer(target.provider.label, fetch(home, target, key))


def fetch(home: Path, target: Endpoint, key: str) -> ModelAvailability:
    """The provider's list, stored in the store's folder. Raises `NanoBananaError`."""
    from ..wire.gemini import models_list

    if not target.base_url:  # the bundled server, which generates as every model of Gemini
        own = tuple(model.id for model in models.MODELS.values() if model.family == "gemini")
        offer = ModelAvailability(own, asked=time.time())
    elif target.provider.catalogue_path:
        listed = models_list.list_prices(target)
        missing = (m.id for m in models.MODELS.values() if target.provider.offers(m) and m.id not in listed)
        prices = {id: price for id, price in listed.items() if price is not None}
        offer = ModelAvailability(tuple(listed), tuple(missing), asked=time.time(), prices=prices)
    else:
        found = models_list.compare_with_catalogue(models_list.list_models(target, key))
        new = tuple(NewModel(model.catalogue_id, model.label) for model in found.new)
        offer = ModelAvailability(found.offered, found.missing, new, time.time())
    model_lists.save(home, target.provider.id, offer)
    return offer


def describe_offer(provider: str, offer: ModelAvailability) -> str:
    """A provider's list in sentences, one per line."""
    lines = [f"{provider} offers {len(offer.offered)} of the {len(offer.offered) + len(offer.missing)} known models."]
    if offer.prices:
        lines.append(f"Prices of {len(offer.prices)} of them were updated.")
    if offer.missing:
        lines.append(f"Not offered: {', '.join(models.find(id).label for id in offer.missing)}.")
    if offer.new:
        named = ", ".join(f"{entry.label} ({entry.id})" for entry in offer.new)
        lines.append(f"New models, available under Other: {named}.")
    return "\n".join(lines)


def delete_uploads(home: Path, target: Endpoint, key: str) -> Answer:
    """Delete the references that this key uploaded."""
    count = delete_all(home, target, key)
    return True, describe_deletion(count)


def delete_all(home: Path, target: Endpoint, key: str) -> int:
    """Delete the remembered uploads; returns how many still existed. Raises `NanoBananaError`."""
    from ..storage.database.uploads import StoredUploads
    from ..storage.store import Store
    from ..wire.gemini.files_api import FileUploader

    if not target.base_url:
        return 0  # the bundled server forgets everything when the worker process ends
    store = Store(home)
    try:
        return FileUploader(target, key, StoredUploads(store.database)).delete_all()
    finally:
        store.close()


def describe_deletion(count: int) -> str:
    """The result of a deletion as text."""
    if not count:
        return "There were no uploaded files left."
    return f"{count} uploaded file{'s were' if count > 1 else ' was'} deleted at the provider."


CALLS: Mapping[str, Callable[[Path, Endpoint, str], Answer]] = {
    "test": try_key,
    "models": refresh_models,
    "uploads": delete_uploads,
}
