# SPDX-License-Identifier: GPL-3.0-or-later
"""The zip in a user's Blender: installing, enabling, disabling and uninstalling leave nothing
odd."""

from __future__ import annotations

import re

# What Blender prints about extensions that break its rules, and what anything prints that fails.
TROUBLE = re.compile(r"traceback|warning|policy violation|\berror\b|deprecat", re.IGNORECASE)


def test_enabling_warns_of_nothing_and_loads_nothing_heavy(live):
    notes = live("install", "enable")
    assert not TROUBLE.search(notes["output"]), notes["output"]
    assert notes["enable"]["preferences"]
    assert notes["enable"]["commands"] == 1
    assert notes["enable"]["operators"]
    assert set(notes["enable"]["imported"]) <= set(notes["install"]["imported"])


def test_enabling_starts_no_process_and_no_thread(live):
    notes = live("install", "enable")
    assert notes["enable"]["children"] == notes["before"]["children"]
    assert notes["enable"]["threads"] == notes["before"]["threads"]


def test_disabling_leaves_nothing_behind(live):
    notes = live("install", "enable", "use", "disable")
    before, after = notes["before"], notes["disable"]
    assert {k: v for k, v in after.items() if k != "imported"} == {k: v for k, v in before.items() if k != "imported"}


def test_it_can_be_enabled_again_and_again(live):
    notes = live("install", "enable", "use", "disable", "enable", "disable", "enable", "use")
    for kind in ("classes", "operators", "properties", "commands", "handlers"):
        assert notes["use"][kind] == notes["enable"][kind]
    assert not TROUBLE.search(notes["output"]), notes["output"]


def test_a_newer_zip_installs_over_an_enabled_one(live):
    notes = live("install", "enable", "install", "enable")
    assert notes["enable"]["preferences"]
    assert notes["enable"]["commands"] == 1


def test_uninstalling_leaves_the_users_store_untouched(live, tmp_path):
    picture = tmp_path / "store" / "pictures" / "paid.png"
    picture.parent.mkdir(parents=True)
    picture.write_bytes(b"paid for")
    notes = live("install", "enable", "use", "disable", "uninstall")
    assert not notes["uninstall"]["preferences"]
    assert not (tmp_path / "user" / "extensions" / "user_default" / "nano_banana").exists()
    assert picture.read_bytes() == b"paid for"
