# SPDX-License-Identifier: GPL-3.0-or-later
"""Lines fit their width in every script, lose nothing, and are parted where a reader expects it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nano_banana_addon.core.text.lines import measure, wrap

TEXTS = st.text(alphabet="ab c-é 日本語、。「」キーAPI画ー𠀋👍é", max_size=200)


@given(TEXTS, st.integers(8, 60))
def test_lines_fit_and_lose_nothing(text: str, columns: int) -> None:
    lines = wrap(text, columns)
    assert "".join("".join(lines).split()) == "".join(text.split())
    assert all(measure(line) <= columns for line in lines)


@pytest.mark.parametrize(
    ("text", "columns", "lines"),
    [
        ("The service refused", 12, ("The service", "refused")),
        ("サービスは API キーを受け付けません。", 16, ("サービスは API", "キーを受け付けま", "せん。")),
        ("该服务不接受此密钥。", 9, ("该服务不", "接受此密", "钥。")),
        ("画像「花」を開く", 6, ("画像", "「花」", "を開く")),
        ("", 20, ()),
    ],
)
def test_where_lines_are_parted(text: str, columns: int, lines: tuple[str, ...]) -> None:
    assert wrap(text, columns) == lines


def test_a_long_word_is_cut() -> None:
    assert wrap("x" * 25 + "日", 10) == ("x" * 10, "x" * 10, "x" * 5 + "日")
