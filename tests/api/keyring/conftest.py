# SPDX-License-Identifier: GPL-3.0-or-later
"""A real bus for each test, and an empty cache."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from nano_banana_addon.storage.keyring import cache
from tests.support import keyrings


@pytest.fixture
def desktop(monkeypatch: pytest.MonkeyPatch) -> Iterator[keyrings.Desktop]:
    cache.forget()
    with keyrings.session(monkeypatch) as running:
        yield running
    cache.forget()


@pytest.fixture
def gnome(desktop: keyrings.Desktop) -> keyrings.Desktop:
    desktop.start_keyring()
    return desktop
