# SPDX-License-Identifier: GPL-3.0-or-later
"""Numbers that come from outside have an upper bound."""

from __future__ import annotations

import math

import pytest

from nano_banana_addon.core import bounds, cost
from nano_banana_addon.core.result import Answer, Usage


@pytest.mark.parametrize("value", [None, math.nan, math.inf, -math.inf, -1, bounds.MAX_TIME * 2, 10**400])
def test_what_is_no_number_or_too_large_is_outside(value: float | None) -> None:
    assert not bounds.is_within(value, bounds.MAX_TIME)


@pytest.mark.parametrize("count", [2**48, 2**63, 10**60, -1])
def test_an_impossible_count_of_tokens_is_left_out_and_costs_no_known_sum(count: int) -> None:
    answer = Answer(usage=Usage(prompt=count, candidates=1290, image=count)).limit_counts()
    assert answer.usage == Usage(candidates=1290, reported=False)
    assert len(answer.warnings) == 1
    assert cost.compute_actual("gemini-3-pro-image", answer.usage) is None


def test_a_real_count_stays_as_it_is() -> None:
    answer = Answer(usage=Usage(prompt=2**48 - 1))
    assert answer.limit_counts() is answer


def test_a_price_that_no_call_can_have_is_unknown() -> None:
    assert cost.compute_actual("gemini-3-pro-image", Usage(image=2**47)) is None
    assert cost.compute_actual("gemini-3-pro-image", Usage(prompt=1_000_000, image=20_000)) == pytest.approx(4.4)
