# SPDX-License-Identifier: GPL-3.0-or-later
"""The command `generate`: items of a job folder, without a scene and without Blender's side."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from pathlib import Path

from ..core.errors import ErrorKind, NanoBananaError
from ..storage import job_folder
from ..wire.keys import find_variable
from ..wire.providers import PROVIDERS, Endpoint, resolve_endpoint
from ..worker import farm
from . import output


def generate(options: argparse.Namespace, check: Callable[[Endpoint], None] = lambda _: None) -> int:
    """Generate items and report each. `check` raises where the endpoint may not be reached.

    Key and address are those of this machine, whatever the folder says.
    """
    job = job_folder.read(Path(options.folder))
    endpoint, key = _find_destination(job.provider, options.base_url)
    check(endpoint)
    items = range(len(job.requests)) if options.items is None else options.items
    ended = farm.generate(
        job,
        items,
        endpoint,
        key,
        limit=options.at_once,
        resend=options.resend,
        on_change=output.ProgressLines(),
    )
    return output.report_results(options.json, ended, "")


def _find_destination(provider_id: str, base_url: str) -> tuple[Endpoint, str]:
    """Raises KEY_MISSING, and `InputError` for a provider that there is not."""
    provider = PROVIDERS.get(provider_id)
    if provider and not provider.base_url and not base_url:  # the worker process starts the server of Offline
        return Endpoint(provider, ""), ""
    endpoint = resolve_endpoint(provider_id, base_url)
    key = os.environ.get(find_variable(endpoint.provider), "").strip()
    if not key and endpoint.provider.needs_key:
        variables = " or ".join(endpoint.provider.key_variables)
        raise NanoBananaError(
            ErrorKind.KEY_MISSING,
            f"There is no API key for {endpoint.provider.label} in the environment of this machine.",
            next_step=f"Set {variables} where the render farm's worker is started.",
        )
    return endpoint, key
