# SPDX-License-Identifier: GPL-3.0-or-later
"""Calls from the preferences that cost nothing and do not block Blender.

Test Connection, the list of models, deleting uploads.
"""

from __future__ import annotations

import logging
import queue
import sys
import threading
from pathlib import Path

import bpy

from ...blender.host import folders
from ...blender.host.package import ROOT_FOLDER, ROOT_PACKAGE
from ...core.errors import ErrorKind, NanoBananaError
from ...session import panel_state
from ...worker import provider_calls
from ..generation.destination import Destination, resolve_destination
from . import model_list

log = logging.getLogger(__name__)
_INTERVAL = 0.2
_answers: queue.SimpleQueue[tuple[bool, str]] = queue.SimpleQueue()


def start(call_name: str = "test") -> None:
    """Make the call in a separate process (by default the connection test); a timer shows the response.

    Raises `NanoBananaError` for what can be checked before.
    """
    destination = resolve_destination()
    show_answer(True, "Contacting provider…")
    # A daemon: quitting Blender must not wait for a server. It touches no Blender data.
    arguments = (call_name, folders.home(), destination)
    threading.Thread(target=_call_in_thread, args=arguments, daemon=True).start()
    if not bpy.app.timers.is_registered(_poll):
        bpy.app.timers.register(_poll, first_interval=_INTERVAL)


def run(call_name: str = "test") -> tuple[bool, str]:
    """Make the call and wait: whether it succeeded, and a message."""
    answer = _call_provider(call_name, folders.home(), resolve_destination())
    model_list.load()
    return answer


def stop() -> None:
    """Discard a response that is still to come."""
    if bpy.app.timers.is_registered(_poll):
        bpy.app.timers.unregister(_poll)


def open_preferences() -> None:
    """Show and expand the add-on's preferences."""
    bpy.ops.screen.userpref_show()
    bpy.context.preferences.active_section = "ADDONS"
    bpy.context.window_manager.addon_search = "Nano Banana"
    bpy.ops.preferences.addon_show(module=ROOT_PACKAGE)


def _call_provider(call_name: str, home: Path, destination: Destination) -> tuple[bool, str]:
    paths = (str(ROOT_FOLDER), *sys.path)
    return provider_calls.ask_apart(call_name, home, destination.endpoint, destination.key, sys.executable, paths)


def _call_in_thread(call_name: str, home: Path, destination: Destination) -> None:
    try:
        _answers.put(_call_provider(call_name, home, destination))
    except Exception:  # the top of the thread: the text must not stay at "Contacting provider"
        log.exception("a call from the preferences failed")
        _answers.put((False, NanoBananaError(ErrorKind.INTERNAL).to_sentence()))


def _poll() -> float | None:
    try:
        ok, message = _answers.get_nowait()
    except queue.Empty:
        return _INTERVAL
    model_list.load()  # what a list of models said
    show_answer(ok, f"{message}\n{keep_preferences()}".strip() if ok else message)
    return None


def keep_preferences() -> str:
    """Save the preferences, so that a key that works outlives a crash; what to do where Blender may not save them."""
    preferences = bpy.context.preferences
    if not preferences.is_dirty:
        return ""
    if not preferences.use_preferences_save:
        return "Save the preferences to keep this (Auto-Save Preferences is off)."
    bpy.ops.wm.save_userpref()
    return "The preferences were saved."


def show_answer(ok: bool, message: str) -> None:
    """Show the response of a call in the preferences."""
    properties = panel_state.get_properties()
    properties.connection, properties.connection_ok = message, ok
    panel_state.redraw()
