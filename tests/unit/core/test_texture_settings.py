# SPDX-License-Identifier: GPL-3.0-or-later
"""The choices of painting from views, and the prompts that come of them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nano_banana_addon.core import texture
from nano_banana_addon.core.errors import InputError
from nano_banana_addon.core.guides import Guide
from nano_banana_addon.core.request import GenerationRequest
from nano_banana_addon.core.text import view_prompts


def test_the_defaults_can_be_painted():
    texture.TextureSettings().check()


@pytest.mark.parametrize(
    "choices",
    [
        {"count": 0},
        {"count": texture.MAX_VIEWS + 1},
        {"texture_size": texture.SMALLEST_TEXTURE - 1},
        {"texture_size": texture.LARGEST_TEXTURE + 1},
        {"guides": ()},
        {"guides": (Guide.MASK.value,)},
    ],
)
def test_what_cannot_be_painted_is_refused_with_a_next_step(choices):
    with pytest.raises(InputError) as caught:
        texture.TextureSettings().replace_choices(choices).check()
    assert caught.value.next_step


@pytest.mark.parametrize("choices", [{"views": "SIDEWAYS"}, {"mode": "FAST"}])
def test_a_menu_has_no_other_items(choices):
    with pytest.raises(ValueError, match="is not a valid"):
        texture.TextureSettings().replace_choices(choices)


def test_a_choice_changes_nothing_else():
    before = texture.TextureSettings()
    after = before.replace_choices({"views": "HEMISPHERE", "count": 7})
    assert (after.views, after.count) == ("HEMISPHERE", 7)
    assert after.replace_choices({"views": before.views, "count": before.count}) == before


@given(st.integers(1, 16), st.floats(0, 1))
def test_a_surface_that_is_not_seen_whole_is_never_called_whole(views, share):
    sentence = texture.format_coverage(views, share)
    assert sentence.startswith(f"{views} view")
    percent = int(sentence.rpartition("%")[0].rsplit(" ", 1)[1])
    assert percent / 100 <= share + 1e-8 < (percent + 1) / 100 + 1e-8


PROMPTS = st.text("abc xyz", min_size=1).map(str.strip).filter(bool)


@given(PROMPTS, PROMPTS)
def test_a_prompt_of_a_view_holds_both_prompts(prompt, view_prompt):
    composed = view_prompts.compose_view_prompt(prompt, view_prompt)
    assert composed.startswith(prompt)
    assert composed.endswith(view_prompt)
    assert view_prompts.compose_view_prompt(prompt, "  ") == prompt


@pytest.mark.parametrize("compose", [view_prompts.compose_sequential_prompt, view_prompts.compose_refine_prompt])
@given(prompt=PROMPTS)
def test_the_artists_prompt_stands_first(compose, prompt):
    assert compose(prompt).startswith(prompt)


@given(PROMPTS, st.lists(st.sampled_from(["", " ", "front", "from above"]), min_size=1, max_size=9))
def test_a_sheet_says_what_each_tile_shows(prompt, words):
    lines = view_prompts.compose_sheet_prompt(prompt, len(words), words).splitlines()
    assert lines[0] == prompt
    tiles = [line for line in lines if line.startswith("Tile ")]
    expected = [f"Tile {n}: {text}" for n, text in enumerate(words, 1) if text.strip()]
    assert tiles == expected


def test_a_picture_that_is_no_view_is_refused():
    with pytest.raises(InputError):
        texture.require_texture_context(GenerationRequest("x"))
