# SPDX-License-Identifier: GPL-3.0-or-later
"""A key typed into the preferences is moved to the keyring, found locked, and removed: by clicks, on a keyring of its
own. Without one the preferences say so."""

from __future__ import annotations

import importlib
import os
import sys
from pathlib import Path

import bpy

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from tests.ui import driver
from tests.ui.driver import PACKAGE, Mouse, Steps, picture, under, until

ADDON = f"{PACKAGE}.nano_banana_addon"
KEY = "AIza-planted_key.0123456789"


def case() -> Steps:
    preferences = bpy.context.preferences.addons[PACKAGE].preferences
    preferences.provider = "google"
    bpy.ops.nano_banana.open_preferences()
    yield 1.5
    window = bpy.context.window_manager.windows[-1]
    assert window != bpy.context.window_manager.windows[0]
    mouse = Mouse(window)
    preferences.key_google = KEY
    yield from show(window, "entered")
    if os.environ.get("NANO_BANANA_KEYRING") == "off":
        return
    yield from move(mouse, window, preferences)
    yield from show(window, "moved")
    yield from press(mouse, window, "REMOVE")
    yield 0.7
    picture("keyring-remove")
    assert find().origin == "keyring", "nothing is erased before it is confirmed"
    yield from mouse.key("RET")
    yield from until(lambda: not find().origin, "the key was erased")
    yield from show(window, "removed")
    preferences.key_google = KEY
    yield from move(mouse, window, preferences)
    lock()
    yield from until(lambda: find().is_unlockable, "it is found locked", 30)
    yield from show(window, "locked")
    yield from press(mouse, window, "UNLOCK")
    told = bpy.context.window_manager.nano_banana
    yield from until(lambda: "Waiting" not in told.connection and told.connection, "what the keyring said", 130)
    yield from show(window, "not-unlocked")


def move(mouse: Mouse, window: bpy.types.Window, preferences: bpy.types.AddonPreferences) -> Steps:
    """Press the button; the key is in the keyring then, and nowhere else."""
    window.screen.areas[0].tag_redraw()
    yield 0.5
    yield from press(mouse, window, "MOVE")
    yield from until(lambda: not preferences.key_google, "the key has left the preferences")
    assert find().origin == "keyring"


def find() -> object:
    """What is known of the key now; a lock by another program shows within a minute, or at once after this."""
    return importlib.import_module(f"{ADDON}.blender.host.credentials").find_credential("google")


def lock() -> None:
    """Lock all keyrings, as another program does it."""
    jeepney = importlib.import_module("jeepney")
    blocking = importlib.import_module("jeepney.io.blocking")
    service = jeepney.DBusAddress(
        "/org/freedesktop/secrets", bus_name="org.freedesktop.secrets", interface="org.freedesktop.Secret.Service"
    )
    with blocking.open_dbus_connection(os.environ["DBUS_SESSION_BUS_ADDRESS"]) as connection:
        login = "/org/freedesktop/secrets/collection/login"
        connection.send_and_get_reply(jeepney.new_method_call(service, "Lock", "ao", ([login],)))
    importlib.import_module(f"{ADDON}.storage.keyring.cache").forget()


def show(window: bpy.types.Window, name: str) -> Steps:
    """A picture of the preferences, with the mouse where it touches nothing."""
    area = window.screen.areas[0]
    yield from Mouse(window).move(area.x + 20, area.y + 20)
    area.tag_redraw()
    yield 1.0
    area.tag_redraw()
    yield 0.5
    picture(f"keyring-{name}")


def press(mouse: Mouse, window: bpy.types.Window, action: str) -> Steps:
    """Click a button of the keyring where it is drawn."""
    area = window.screen.areas[0]
    region = next(each for each in area.regions if each.type == "WINDOW")
    for y in range(region.y + region.height - 6, region.y, -9):
        for share in (0.4, 0.6, 0.8, 0.95):
            yield from mouse.move(region.x + region.width * share, y)
            if f"keyring(action='{action}'" in under(area, region, window):
                yield from mouse.click(mouse.x, y - 3)
                yield 0.5
                return
    raise LookupError(action)


driver.play(case)
