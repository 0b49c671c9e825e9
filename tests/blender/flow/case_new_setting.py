# SPDX-License-Identifier: GPL-3.0-or-later
"""The setting of CONTRIBUTING's guide, in a copy of the add-on (tests/blender/test_contributing_guides.py)."""

from __future__ import annotations

import json
import types

import bpy
import pytest

from nano_banana_addon import cli
from nano_banana_addon.core.text.details import list_facts
from nano_banana_addon.features.generation import restore_settings, scene_settings
from nano_banana_addon.simulator.server import Simulator
from panels import output

from ..interface.strict_layout import StrictLayout
from .conftest import latest


@pytest.fixture
def ask(server: Simulator, scene, tmp_path):
    """Run `restyle` with some arguments; its exit status and its line of JSON."""

    def run(*words: str):
        out = tmp_path / "out.jsonl"
        status = cli.main(["restyle", "--prompt", "ink", *words, "--base-url", server.base_url, "--json", str(out)])
        return status, json.loads(out.read_text().splitlines()[-1])

    return run


def test_an_argument_reaches_the_body_and_the_details(ask, server):
    assert ask("--top-p", "0.25")[0] == 0
    assert server.requests[-1].json["generationConfig"]["topP"] == 0.25
    assert dict(list_facts(latest()))["Top P"] == "0.25"


def test_the_scenes_property_reaches_the_body_and_is_restored(ask, server, scene):
    scene.nano_banana.top_p = 0.5
    assert ask()[0] == 0
    assert server.requests[-1].json["generationConfig"]["topP"] == 0.5
    scene.nano_banana.top_p = -1.0
    restore_settings.restore(scene, latest().id)
    assert scene.nano_banana.top_p == 0.5


def test_what_is_not_chosen_is_not_sent(ask, server, scene):
    assert scene_settings.settings_of(scene).top_p == -1.0
    assert ask()[0] == 0
    assert "topP" not in server.requests[-1].json["generationConfig"]


def test_a_wrong_value_is_refused_in_words_before_anything_is_sent(ask, server):
    status, line = ask("--top-p", "7")
    assert (status, line["error"]["kind"]) == (1, "INPUT")
    assert "Top P 7.0 is not between 0 and 1.0" in line["error"]["message"]
    assert not [r for r in server.requests if r.method == "POST"]


def test_the_panel_of_the_service_draws_it(scene):
    layout = StrictLayout()
    output.NANO_BANANA_PT_advanced.draw(types.SimpleNamespace(layout=layout), bpy.context)
    assert "top_p" in layout.properties
