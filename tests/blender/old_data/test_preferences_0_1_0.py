# SPDX-License-Identifier: GPL-3.0-or-later
"""The preferences that version 0.1.0 saved keep their values, and their menus their numbers."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import bpy
import pytest

from devtools.identity import EXTENSION
from tests.old_data import choices_0_1_0 as choices
from tests.old_data import written

ROOT = Path(written.__file__).parents[2]
#: Preferences hold numbers; another item may come, none may get another number.
NUMBERS = {
    "provider": {
        "google": 1696396625,
        "cometapi": 353998418,
        "vertex-express": 1302292563,
        "offline": 1478354482,
    },
    "keep_pictures": {"BESIDE": 0, "PACK": 1, "STORE": 2},
}


@pytest.mark.parametrize("name", NUMBERS)
def test_every_item_keeps_its_number(name: str) -> None:
    properties = bpy.context.preferences.addons[EXTENSION].preferences.bl_rna.properties
    found = {item.identifier: item.value for item in properties[name].enum_items}
    assert {key: found.get(key) for key in NUMBERS[name]} == NUMBERS[name]


def test_every_preference_has_the_value_that_was_saved(tmp_path: Path) -> None:
    profile, notes = tmp_path / "profile", tmp_path / "notes.json"
    written.unpack_preferences(profile)
    script = Path(written.__file__).parent / "read_preferences.py"
    command = [sys.executable, str(script), str(notes), str(profile), *choices.PREFERENCES]
    variables = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, env=variables, capture_output=True, text=True, timeout=240)
    assert notes.is_file(), done.stdout + done.stderr
    found = json.loads(notes.read_text())
    assert found.pop("project_budgets") == [list(each) for each in choices.PROJECT_BUDGETS]
    assert found == choices.PREFERENCES
