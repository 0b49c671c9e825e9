# SPDX-License-Identifier: GPL-3.0-or-later
"""The free checks of neighbouring shots: the 180° line, screen direction, repeated framing."""

from __future__ import annotations

from nano_banana_addon.core.storyboard.cuts import ShotFraming, Subject, find_problems


def place(x: float, y: float = 0.5, size: float = 0.2) -> Subject:
    return Subject(x - size / 2, y - size / 2, x + size / 2, y + size / 2)


def shot(name: str, **subjects: Subject) -> ShotFraming:
    return ShotFraming(name, subjects, subjects)


def test_two_subjects_that_change_sides_are_a_crossed_line():
    first, second = shot("1", Ann=place(0.3), Bob=place(0.7)), shot("2", Ann=place(0.8), Bob=place(0.2))
    assert find_problems([first, second]) == [
        "Ann and Bob change sides between 1 and 2: the camera crosses the 180° line."
    ]
    assert find_problems([first, shot("2", Ann=place(0.2), Bob=place(0.9))]) == []


def test_subjects_that_hardly_lie_apart_or_belong_to_the_set_do_not_count():
    first, second = shot("1", Ann=place(0.5), Bob=place(0.53)), shot("2", Ann=place(0.5, 0.2), Bob=place(0.46))
    assert find_problems([first, second]) == []
    wall = place(0.4, size=0.9)
    assert find_problems([shot("1", Wall=wall, Ann=place(0.8)), shot("2", Wall=wall, Ann=place(0.1))]) == []


def test_nearly_the_same_framing_is_noticed_unless_something_moved():
    first = shot("1", Ann=place(0.3), Bob=place(0.7))
    assert find_problems([first, shot("2", Ann=place(0.31), Bob=place(0.69))]) == [
        "1 and 2 have nearly the same framing."
    ]
    assert find_problems([first, shot("2", Ann=place(0.31), Bob=place(0.6))]) == []


def test_a_subject_that_turns_around_between_shots_is_noticed():
    first = ShotFraming("1", {"Car": place(0.2)}, {"Car": place(0.6)})
    second = ShotFraming("2", {"Car": place(0.9)}, {"Car": place(0.4)})
    assert find_problems([first, second]) == ["Car moves in opposite directions in 1 and 2."]
    onward = ShotFraming("2", {"Car": place(0.1)}, {"Car": place(0.5)})
    assert find_problems([first, onward]) == []


def test_one_shot_or_none_has_no_problems():
    assert find_problems([]) == []
    assert find_problems([shot("1", Ann=place(0.3))]) == []
