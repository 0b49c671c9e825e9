# SPDX-License-Identifier: GPL-3.0-or-later
"""Frames as an artist writes them, and what is told of all frames."""

from __future__ import annotations

import pytest

from nano_banana_addon.core.errors import InputError
from nano_banana_addon.core.storyboard.keyframes import FrameCoverage, count_keyframes, join_keyframes, parse_keyframes


def test_frames_are_sorted_and_each_counts_once():
    text = " 60; 1,\n 60 -2"
    assert parse_keyframes(text, -5, 100) == (-2, 1, 60)
    assert count_keyframes(text) == 3
    assert join_keyframes((60, 1, 60)) == "1, 60"
    assert parse_keyframes(join_keyframes((60, 1)), 1, 60) == (1, 60)


@pytest.mark.parametrize("text", ["", " , ", "1.5", "1-5", "one", "9" * 400, "1, 101", "0"])
def test_what_is_no_frame_of_the_scene_is_refused_in_words(text: str):
    with pytest.raises(InputError) as error:
        parse_keyframes(text, 1, 100)
    assert error.value.next_step
    assert len(error.value.message) < 120


def test_shares_are_rounded_down():
    told = FrameCoverage((1, 60, 120), 34, 0.9499, (88, 0.719), (96, 0.989)).describe()
    assert told == (
        "3 keyframes see 94% of all frames (34 were looked at), least of frame 88: 71%. Frame 96 would add most: 98%."
    )
    assert FrameCoverage((1,), 32, 1.0, (5, 1.0)).describe() == (
        "1 keyframe sees 100% of all frames (32 were looked at), least of frame 5: 100%."
    )
