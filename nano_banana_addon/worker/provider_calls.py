# SPDX-License-Identifier: GPL-3.0-or-later
"""Questions to a provider that cost nothing: whether a key works, which models there are, and away
with what was uploaded. Asked by a process of their own: importing what talks to the network would
hold up Blender for a tenth of a second, in a thread as well."""

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
from ..core.offered import ModelAvailability, NewModel
from ..storage.files import model_lists
from ..wire.providers import PROVIDERS, Endpoint
from . import child_process

#: Whether it went well, and what is to be said.
Answer = tuple[bool, str]

#: Seconds after which a process that does not answer is ended; the calls have limits of their own.
_PATIENCE = 180.0


def ask_apart(errand: str, home: Path, target: Endpoint, key: str, python: str, paths: Sequence[str]) -> Answer:
    """Run an errand in a process of its own and wait for its answer, at most minutes: for a thread.
    `paths` is sys.path with the add-on's folder in it. What goes wrong is an answer, too."""
    hello = {
        "paths": list(dict.fromkeys(path for path in paths if path)),
        "home": str(home),
        "errand": errand,
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
    """The process: one errand, one line of JSON on standard output."""
    target = Endpoint(PROVIDERS[hello["provider"]], hello["base_url"])
    ok, words = carry_out(hello["errand"], Path(hello["home"]), target, hello["key"])
    os.write(1, json.dumps({"ok": ok, "words": words}).encode())
    return 0


def carry_out(errand: str, home: Path, target: Endpoint, key: str) -> Answer:
    """Do it here: "test", "models" or "uploads"."""
    try:
        return ERRANDS[errand](home, target, key)
    except NanoBananaError as error:
        return False, error.to_sentence()


def try_key(_home: Path, target: Endpoint, key: str) -> Answer:
    """Whether the provider takes the key."""
    if not target.base_url:
        return True, "Offline works: the bundled server generates previews without key or cost."
    from ..wire.gemini.models_list import test_connection

    report = test_connection(target, key)
    return report.ok, report.sentence


def refresh_models(home: Path, target: Endpoint, key: str) -> Answer:
    """The provider's list of models, kept; what is new."""
    return True, describe_offer(target.provider.label, fetch(home, target, key))


def fetch(home: Path, target: Endpoint, key: str) -> ModelAvailability:
    """The provider's list, kept in the store's folder. Raises `NanoBananaError`."""
    from ..wire.gemini import models_list

    if not target.base_url:  # the bundled server, which generates as every model of the catalogue
        offer = ModelAvailability(tuple(models.MODELS), asked=time.time())
    else:
        found = models_list.compare_with_catalogue(models_list.list_models(target, key))
        new = tuple(NewModel(model.catalogue_id, model.label) for model in found.new)
        offer = ModelAvailability(found.offered, found.missing, new, time.time())
    model_lists.save(home, target.provider.id, offer)
    return offer


def describe_offer(provider: str, offer: ModelAvailability) -> str:
    """A provider's list in sentences, one a line."""
    lines = [f"{provider} offers {len(offer.offered)} of the {len(models.MODELS)} known models."]
    if offer.missing:
        lines.append(f"Not offered: {', '.join(models.find(id).label for id in offer.missing)}.")
    if offer.new:
        named = ", ".join(f"{entry.label} ({entry.id})" for entry in offer.new)
        lines.append(f"New models, available under Other: {named}.")
    return "\n".join(lines)


def delete_uploads(home: Path, target: Endpoint, key: str) -> Answer:
    """Away with the references that this key uploaded."""
    count = delete_all(home, target, key)
    return True, describe_deletion(count)


def delete_all(home: Path, target: Endpoint, key: str) -> int:
    """Delete what is remembered; how many were still there. Raises `NanoBananaError`."""
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
    """What was done."""
    if not count:
        return "There were no uploaded files left."
    return f"{count} uploaded file{'s were' if count > 1 else ' was'} deleted at the provider."


ERRANDS: Mapping[str, Callable[[Path, Endpoint, str], Answer]] = {
    "test": try_key,
    "models": refresh_models,
    "uploads": delete_uploads,
}
