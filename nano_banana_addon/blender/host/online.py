# SPDX-License-Identifier: GPL-3.0-or-later
"""Blender's switch for online access. The bundled server and any other on this machine need none."""

from __future__ import annotations

import bpy

from ...core.errors import ErrorKind, NanoBananaError
from ...wire.providers import Endpoint


def require_online(endpoint: Endpoint) -> None:
    """Raise OFFLINE, in the words that fit how it was switched off, if an endpoint may not be reached.

    The bundled server has no address before the worker process starts it.
    """
    if endpoint.is_local or not endpoint.base_url or bpy.app.online_access:
        return
    if bpy.app.online_access_override:
        raise NanoBananaError(
            ErrorKind.OFFLINE,
            "Blender was started without online access (--offline-mode).",
            next_step="Start it without that option, or choose the provider Offline.",
        )
    raise NanoBananaError(ErrorKind.OFFLINE)
