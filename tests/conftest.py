# SPDX-License-Identifier: GPL-3.0-or-later
"""What holds in all tests: no network beyond this machine, none of the person's keys, keyring,
proxies or history."""

from __future__ import annotations

import importlib.util
import os
import shutil
import tempfile
from pathlib import Path

import pytest

from tests.support.network import loopback_only

_HAS_BLENDER = importlib.util.find_spec("bpy") is not None
collect_ignore = [] if _HAS_BLENDER else ["blender", "package"]

_PERSONAL = ("GEMINI_API_KEY", "GOOGLE_API_KEY", "COMETAPI_KEY")
_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")
# At import, before any test module can read them; child processes inherit it.
for name in (*_PERSONAL, *_PROXIES, *(proxy.lower() for proxy in _PROXIES)):
    os.environ.pop(name, None)
_HOME = Path(tempfile.mkdtemp(prefix="nano-banana-tests-"))
os.environ["NANO_BANANA_HOME"] = str(_HOME / "store")
os.environ["NANO_BANANA_KEYRING"] = "off"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--soak", action="store_true", help="run the long tests too")


def pytest_report_header() -> str:
    return "" if _HAS_BLENDER else "no bpy here: tests/blender and tests/package are left out"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not config.getoption("--soak"):
        for item in items:
            if item.get_closest_marker("soak"):
                item.add_marker(pytest.mark.skip(reason="long: runs with --soak"))


def pytest_unconfigure() -> None:
    shutil.rmtree(_HOME, ignore_errors=True)


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    loopback_only(monkeypatch)
