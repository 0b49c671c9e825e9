# SPDX-License-Identifier: GPL-3.0-or-later
"""The tests test what the user gets: the zip's modules and the zip's wheels."""

from __future__ import annotations

import sys

import pytest

import nano_banana_addon
from devtools.identity import EXTENSION
from nano_banana_addon import identity as names


def test_modules_are_the_installed_extensions_own(resources):
    assert nano_banana_addon is sys.modules[f"{EXTENSION}.nano_banana_addon"]
    assert names.__name__ == f"{EXTENSION}.nano_banana_addon.identity"
    assert str(resources) in names.__file__


@pytest.mark.parametrize("package", ["PIL", "httpx", "platformdirs"])
def test_third_party_packages_come_from_the_extensions_wheels(package, resources):
    module = __import__(package)
    assert str(resources / "extensions") in module.__file__


def test_a_missing_module_is_missing_and_not_half_imported():
    with pytest.raises(ModuleNotFoundError):
        __import__("nano_banana_addon.there_is_no_such_room")
