# SPDX-License-Identifier: GPL-3.0-or-later
"""What a request needs of others: bound to their ids, judged by how they ended, joined at the right place."""

from __future__ import annotations

import pytest

from nano_banana_addon.core import cost
from nano_banana_addon.core.constants import END_STATES, ReferenceRole, State
from nano_banana_addon.core.errors import ErrorKind, InputError, NanoBananaError
from nano_banana_addon.core.request import GenerationRequest, Need, Reference
from nano_banana_addon.core.result import Generation
from nano_banana_addon.core.text import needs, progress, validate

STRUCTURE = Reference(ReferenceRole.STRUCTURE, "shot.png")
STYLE = Reference(ReferenceRole.STYLE, "ink.png", "ink")
GUIDE = Reference(ReferenceRole.GUIDE, "depth.png", "depth")


def needing(*of: Need, references: tuple[Reference, ...] = (STYLE, GUIDE, STRUCTURE)) -> GenerationRequest:
    return GenerationRequest("a street", references=references, needs=of)


def ended(state: State, shot: str = "Wide") -> dict[str, Generation]:
    return {"a": Generation("a", GenerationRequest("x", shot=shot), state)}


def previous(generation: str = "a", **choices: bool) -> Need:
    return Need(generation, ReferenceRole.PREVIOUS, "Wide", **choices)


def test_a_request_with_needs_comes_back_and_an_old_record_has_none() -> None:
    asked = needing(previous(required=True), Need("b", ReferenceRole.STRUCTURE, drawn=True))
    assert GenerationRequest.from_dict(asked.to_dict()) == asked
    assert "needs" not in needing().to_dict()
    assert GenerationRequest.from_dict(needing().to_dict()).needs == ()


def test_what_it_needs_identifies_it_only_as_references() -> None:
    assert needing(previous()).compute_digest() == needing().compute_digest()
    joined = needs.join_results(needing(previous()), {"a": "wide.png"})
    assert joined.compute_digest() != needing().compute_digest()


def test_numbers_become_the_ids_of_those_before() -> None:
    bound = needs.bind(needing(previous("@1"), previous("@0"), previous("old")), ["first", "second"])
    assert [need.generation for need in bound.needs] == ["second", "first", "old"]


@pytest.mark.parametrize("number", ["@2", "@9"])
def test_nothing_can_need_itself_or_what_comes_later(number: str) -> None:
    with pytest.raises(NanoBananaError) as caught:
        needs.bind(needing(previous(number)), ["first", "second"])
    assert caught.value.kind is ErrorKind.INTERNAL


@pytest.mark.parametrize("state", State)
def test_it_waits_until_what_it_needs_has_ended(state: State) -> None:
    assert needs.is_pending(needing(previous()), ended(state)) is (state not in END_STATES)
    assert not needs.is_pending(needing(previous()), {})


@pytest.mark.parametrize(
    ("state", "end", "said"),
    [
        (State.REFUSED, State.REFUSED, "Wide, which was refused"),
        (State.FAILED, State.FAILED, "Wide, which failed"),
        (State.CANCELLED, State.FAILED, "Wide, which was cancelled"),
        (State.UNKNOWN, State.FAILED, "Wide, which has an unknown result"),
    ],
)
def test_one_that_is_required_and_has_no_result_ends_it_in_words(state: State, end: State, said: str) -> None:
    obstacle = needs.find_obstacle(needing(previous(required=True)), ended(state))
    assert obstacle
    assert obstacle[0] is end
    assert said in obstacle[1].message
    assert obstacle[1].next_step
    assert needs.find_obstacle(needing(previous()), ended(state)) is None


def test_one_that_is_required_and_was_deleted_ends_it_in_words() -> None:
    obstacle = needs.find_obstacle(needing(previous(required=True)), {})
    assert obstacle
    assert obstacle[0] is State.FAILED
    assert "no longer in the history" in obstacle[1].message


@pytest.mark.parametrize(
    ("role", "order"),
    [
        (ReferenceRole.PREVIOUS, ["ink.png", "depth.png", "a.png", "shot.png"]),
        (ReferenceRole.STYLE, ["a.png", "ink.png", "depth.png", "shot.png"]),
        (ReferenceRole.GUIDE, ["a.png", "ink.png", "depth.png", "shot.png"]),
    ],
)
def test_a_result_takes_the_place_of_its_role_and_the_structure_stays_last(
    role: ReferenceRole, order: list[str]
) -> None:
    joined = needs.join_results(needing(Need("a", role, "its label")), {"a": "a.png"})
    assert [reference.path for reference in joined.references] == order
    assert joined.needs == ()
    (added,) = [reference for reference in joined.references if reference.path == "a.png"]
    assert (added.role, added.label) == (role, "its label")


def test_without_a_place_or_a_result_it_goes_without_unless_that_is_required() -> None:
    full = (*(Reference(ReferenceRole.OBJECT, f"{n}.png") for n in range(13)), STRUCTURE)
    validate.check(needing(references=full))
    assert needs.join_results(needing(previous(), references=full), {"a": "a.png"}).references == full
    with pytest.raises(InputError, match="at most 14"):
        needs.join_results(needing(previous(required=True), references=full), {"a": "a.png"})
    with pytest.raises(InputError, match="at most 14"):
        validate.check(needing(previous(required=True), references=full))
    assert needs.join_results(needing(previous()), {}).references == needing().references
    with pytest.raises(InputError, match="no longer exists"):
        needs.join_results(needing(previous(required=True)), {})


def test_the_price_counts_what_will_be_sent() -> None:
    joined = needs.join_results(needing(previous()), {"a": "a.png"})
    assert cost.estimate(needing(previous())) == cost.estimate(joined) > cost.estimate(needing())


def test_the_wait_is_told_in_words() -> None:
    assert progress.describe_progress(Generation("b", needing(previous()), State.BLOCKED), 0.0) == "Waiting for Wide"
    tile = needing(Need("a", ReferenceRole.STRUCTURE, "the draft of this view", drawn=True))
    assert progress.describe_progress(Generation("b", tile, State.BLOCKED), 0.0) == "Waiting for an earlier image"
