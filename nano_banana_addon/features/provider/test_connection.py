# SPDX-License-Identifier: GPL-3.0-or-later
"""Calls from the preferences that cost nothing, without holding up Blender: Test Connection, the list of
models, deleting uploads."""

from __future__ import annotations

import logging
import queue
import sys
import threading
from pathlib import Path

import bpy

from ...blender.host import credentials, folders, online
from ...blender.host.package import ROOT_FOLDER, ROOT_PACKAGE
from ...blender.host.preferences import preferences
from ...core.errors import ErrorKind, NanoBananaError
from ...session import panel_state
from ...wire.providers import Endpoint
from ...worker import provider_calls
from ..generation import request_builder
from . import model_list

log = logging.getLogger(__name__)
_INTERVAL = 0.2
_answers: queue.SimpleQueue[tuple[bool, str]] = queue.SimpleQueue()


def start(errand: str = "test", provider: str = "") -> None:
    """Ask in a process of its own (by default whether the key works); the answer is shown by a timer.

    Raises at once what can be known at once.
    """
    target, key = target_of(provider)
    _show(ok=True, words="Asking…")
    # A daemon: quitting Blender must not wait for a server. It touches no Blender data.
    work = (errand, folders.home(), target, key)
    threading.Thread(target=_ask_later, args=work, daemon=True).start()
    if not bpy.app.timers.is_registered(_take):
        bpy.app.timers.register(_take, first_interval=_INTERVAL)


def run(errand: str = "test") -> tuple[bool, str]:
    """Ask and wait: whether it works, and in words."""
    answer = _ask(errand, folders.home(), *target_of())
    model_list.load()
    return answer


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


def target_of(provider: str = "", base_url: str = "") -> tuple[Endpoint, str]:
    """Where a provider is (the one in the preferences by default), and its key. Raises
    `NanoBananaError` where it may not be asked."""
    chosen = preferences()
    wanted = provider or (str(chosen.provider) if chosen else "google")
    target = request_builder.endpoint_of(wanted, base_url)
    online.require_online(target)
    return target, credentials.required_key(wanted)


def _ask(errand: str, home: Path, target: Endpoint, key: str) -> tuple[bool, str]:
    paths = (str(ROOT_FOLDER), *sys.path)
    return provider_calls.ask_apart(errand, home, target, key, sys.executable, paths)


def _ask_later(errand: str, home: Path, target: Endpoint, key: str) -> None:
    try:
        _answers.put(_ask(errand, home, target, key))
    except Exception:  # the top of the thread: the words must not stay at "Asking"
        log.exception("a call from the preferences failed")
        _answers.put((False, NanoBananaError(ErrorKind.INTERNAL).sentence()))


def _take() -> float | None:
    try:
        ok, words = _answers.get_nowait()
    except queue.Empty:
        return _INTERVAL
    model_list.load()  # what a list of models said
    _show(ok, words)
    return None


def _show(ok: bool, words: str) -> None:
    shown = panel_state.group()
    shown.connection, shown.connection_ok = words, ok
    panel_state.redraw()
