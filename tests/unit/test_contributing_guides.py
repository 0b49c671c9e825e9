# SPDX-License-Identifier: GPL-3.0-or-later
"""How many files the guides of CONTRIBUTING touch: a provider one, the others these.

That their blocks work is tested in tests/blender/test_contributing_guides.py and tests/api/wire/test_new_provider.py.
"""

from __future__ import annotations

import pytest

from tests.support.contributing import read_guide

MOST_FILES = {"A delivery target": 2, "A capture source": 2, "A setting of the request": 3}


@pytest.mark.parametrize(("title", "most"), MOST_FILES.items())
def test_a_guide_touches_few_files(title, most):
    blocks = read_guide(title)
    assert 2 <= len(blocks) == len({block.path for block in blocks}) <= most
