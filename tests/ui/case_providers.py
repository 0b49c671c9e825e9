# SPDX-License-Identifier: GPL-3.0-or-later
"""The preferences of providers: each has its own address and key; the picture of the manual is of one in the studio."""

from __future__ import annotations

import importlib
import os
import sys
from pathlib import Path

import bpy

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from tests.ui import driver
from tests.ui.driver import Steps, picture, until

PACKAGE = "bl_ext.user_default.nano_banana"


def case() -> Steps:
    simulator = importlib.import_module("devtools.simulator.server").Simulator(keys=None, dialect="sdapi")
    simulator.start()
    for name in ("COMETAPI_KEY", "OPENAI_API_KEY"):
        os.environ.pop(name, None)
    preferences = bpy.context.preferences.addons[PACKAGE].preferences
    bpy.context.preferences.system.use_online_access = True
    preferences.provider, preferences.address_sdapi = "sdapi", simulator.base_url
    preferences.address_openai = "https://images.studio.example"
    area = max(bpy.context.window_manager.windows[0].screen.areas, key=lambda each: each.width * each.height)
    area.type = "PREFERENCES"
    yield 0.3
    bpy.context.preferences.active_section = "ADDONS"
    bpy.context.window_manager.addon_search = "Nano Banana"
    bpy.ops.preferences.addon_show(module=PACKAGE)
    bpy.ops.nano_banana.test_connection("INVOKE_DEFAULT")
    session = bpy.context.window_manager.nano_banana
    yield from until(lambda: "responds" in session.connection, "the server has answered")
    yield 0.5
    region = next(region for region in area.regions if region.type == "WINDOW")
    picture("provider-local", region)
    preferences.provider = "cometapi"
    assert not session.connection, "an answer holds for the provider that gave it"
    yield 0.5
    picture("provider", region)
    preferences.provider = "openai"
    assert importlib.import_module(f"{PACKAGE}.nano_banana_addon.blender.host.credentials").find_address("openai") == (
        "https://images.studio.example"
    )
    preferences.property_unset("address_openai")
    preferences.property_unset("address_sdapi")
    preferences.provider = "google"
    simulator.stop()
    yield 0.1


driver.play(case)
