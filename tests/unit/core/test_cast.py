# SPDX-License-Identifier: GPL-3.0-or-later
"""Which images of the cast go along with a shot."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from nano_banana_addon.core import models
from nano_banana_addon.core.constants import ReferenceRole
from nano_banana_addon.core.storyboard.cast import (
    ROLES,
    Attendance,
    CastKind,
    Member,
    find_unpictured,
    fit_cast,
)

PRO = models.find("gemini-3-pro-image")
_USER_ROLES = [*ROLES.values(), ReferenceRole.MATERIAL]
#: The limits as the services state them, apart from the catalogue: characters, styles, everything else.
_STATED = {
    "gemini-3-pro-image": (5, 3, 6),
    "gemini-nano-banana-2.1": (4, 0, 10),
    "gemini-3.1-flash-image": (4, 0, 10),
    "gemini-3.1-flash-lite-image": (0, 0, 14),
}


def character(name: str, size: float = 0.0, attendance: Attendance = Attendance.AUTO, images: int = 1) -> Member:
    return Member(name, CastKind.CHARACTER, tuple(map(str, range(images))), attendance, size)


def going(members: list[Member], model: str = "gemini-3-pro-image", **more: int) -> list[str]:
    return [members[i.member].name for i in fit_cast(models.find(model), members, **more) if not i.reason]


def invent(rng: random.Random) -> tuple[list[Member], list[ReferenceRole], int]:
    members = [
        Member(
            f"m{n}",
            rng.choice(list(CastKind)),
            tuple(map(str, range(rng.randrange(4)))),
            rng.choice(list(Attendance)),
            rng.choice([0.0, rng.random()]),
        )
        for n in range(rng.randrange(30))
    ]
    return members, [rng.choice(_USER_ROLES) for _ in range(rng.randrange(8))], rng.randrange(5)


def count_slots(roles: list[ReferenceRole]) -> tuple[int, int, int]:
    counted = Counter(roles)
    characters, styles = counted[ReferenceRole.CHARACTER], counted[ReferenceRole.STYLE]
    return characters, styles, len(roles) - characters - styles


@pytest.mark.parametrize("model", models.MODELS.values(), ids=lambda model: model.id)
def test_no_limit_is_passed_in_1000_random_casts(model: models.ImageModel) -> None:
    for seed in range(1000):
        members, given, others = invent(random.Random(seed))
        fitted = fit_cast(model, members, given, others)
        sent = [ROLES[members[i.member].kind] for i in fitted if not i.reason]
        assert not sent or len(given) + others + len(sent) <= model.max_references, seed
        if model.id in _STATED:
            stated = _STATED[model.id]
            before, after = count_slots(given), count_slots([*given, *sent])
            shared = [sum(c for c, most in zip(each, stated, strict=True) if not most) for each in (before, after)]
            before, after = ((*c[:2], c[2] + s) for c, s in zip((before, after), shared, strict=True))
            for was, now, most in zip(before, after, stated, strict=True):
                assert not most or now <= max(was, most), seed
        expected = sum(len(member.images) for member in members if member.is_present)
        assert len(fitted) == len(set(fitted)) == expected, "each image is either sent or left out with a reason"
        assert fitted == fit_cast(model, list(members), given, others)


def test_nothing_is_left_out_while_there_is_room() -> None:
    for seed in range(300):
        members, given, others = invent(random.Random(seed))
        fitted = fit_cast(PRO, members, given, others)
        roles = [*given, *(ROLES[members[i.member].kind] for i in fitted if not i.reason)]
        characters, styles, rest = count_slots(roles)
        for image in fitted:
            if image.reason and len(roles) + others < PRO.max_references:
                kind = members[image.member].kind
                full = {CastKind.CHARACTER: characters >= 5, CastKind.STYLE: styles >= 3}.get(kind, rest >= 6)
                assert full, (seed, image)


def test_those_assigned_by_hand_go_before_large_ones_and_small_ones() -> None:
    members = [character(f"small {n}", 0.1) for n in range(5)]
    members += [
        character("large", 0.5),
        character("asked", 0.0, Attendance.ALWAYS),
        character("never", 0.9, Attendance.NEVER),
    ]
    assert going(members) == ["asked", "large", "small 0", "small 1", "small 2"]


def test_each_has_one_image_before_any_has_two() -> None:
    members = [character("a", 0.5, images=4), character("b", 0.4, images=4)]
    assert going(members) == ["a", "b", "a", "b", "a"]


def test_the_own_references_and_the_capture_keep_their_places() -> None:
    members = [character(str(n), 0.5) for n in range(5)]
    assert len(going(members, "gemini-2.5-flash-image", others=2)) == 1
    assert going(members, "stable-diffusion", others=1) == []
    fitted = fit_cast(PRO, members, [ReferenceRole.CHARACTER] * 4, 1)
    assert [image.reason for image in fitted] == ["", *["Nano Banana Pro keeps to 5 characters."] * 4]


def test_a_member_in_view_without_an_image_is_told() -> None:
    lost, hidden = character("lost", 0.2, images=0), character("hidden", images=0)
    assert find_unpictured([character("fine", 0.3), lost, hidden]) == (lost,)
