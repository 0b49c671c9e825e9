# SPDX-License-Identifier: GPL-3.0-or-later
"""Test Connection: ask the provider for its models, without cost and without holding up Blender."""

from __future__ import annotations

import logging
import queue
import threading

import bpy

from ..core.errors import NanoBananaError
from ..wire.providers import Endpoint
from . import credentials, generate, news, online
from .package import ROOT_PACKAGE
from .preferences_access import preferences

log = logging.getLogger(__name__)
_INTERVAL = 0.2
_answers: queue.SimpleQueue[tuple[bool, str]] = queue.SimpleQueue()


def start() -> None:
    """Ask in a thread; the answer is shown by a timer. Raises at once what can be known at once."""
    target, key = _target()
    _show(ok=True, words="Asking…")
    # A daemon: quitting Blender must not wait for a server. It touches no Blender data.
    threading.Thread(target=_ask_later, args=(target, key), daemon=True).start()
    if not bpy.app.timers.is_registered(_take):
        bpy.app.timers.register(_take, first_interval=_INTERVAL)


def run() -> tuple[bool, str]:
    """Ask and wait: whether it works, and in words."""
    return _ask(*_target())


def stop() -> None:
    """Forget an answer that is still to come."""
    if bpy.app.timers.is_registered(_take):
        bpy.app.timers.unregister(_take)


def open_preferences() -> None:
    """Show the add-on's preferences, unfolded."""
    bpy.ops.screen.userpref_show()
    bpy.context.preferences.active_section = "ADDONS"
    bpy.context.window_manager.addon_search = "Nano Banana"
    bpy.ops.preferences.addon_show(module=ROOT_PACKAGE)


def _target() -> tuple[Endpoint, str]:
    chosen = preferences()
    provider = str(chosen.provider) if chosen else "google"
    target = generate.endpoint_of(provider)
    online.require_online(target)
    return target, credentials.required_key(provider)


def _ask_later(target: Endpoint, key: str) -> None:
    _answers.put(_ask(target, key))


def _ask(target: Endpoint, key: str) -> tuple[bool, str]:
    if not target.base_url:
        return True, "Offline works: the embedded server paints previews without key or cost."
    from ..wire.models_list import test_connection  # imports httpx: not when the add-on is enabled

    try:
        report = test_connection(target, key)
    except NanoBananaError as error:
        return False, error.sentence()
    return report.ok, report.words


def _take() -> float | None:
    try:
        ok, words = _answers.get_nowait()
    except queue.Empty:
        return _INTERVAL
    _show(ok, words)
    return None


def _show(ok: bool, words: str) -> None:
    shown = news.group()
    shown.connection, shown.connection_ok = words, ok
    news.redraw()
