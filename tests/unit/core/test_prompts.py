# SPDX-License-Identifier: GPL-3.0-or-later
"""The text that is sent names every picture by the place in which it is really sent."""

from __future__ import annotations

import pytest

from nano_banana_addon.core.constants import Kind, ReferenceRole
from nano_banana_addon.core.request import GenerationRequest, Reference, structure_last
from nano_banana_addon.core.text import prompts


def request(*roles: ReferenceRole, kind: Kind = Kind.RESTYLE, prompt: str = "a neon alley") -> GenerationRequest:
    references = tuple(Reference(role, f"{n}.png", label=f"picture {n}") for n, role in enumerate(roles))
    return GenerationRequest(prompt, kind=kind, references=references)


def test_the_structure_is_named_last_wherever_it_stands_in_the_list() -> None:
    asked = request(ReferenceRole.STRUCTURE, ReferenceRole.STYLE, ReferenceRole.OBJECT)
    lines = prompts.compose(asked).splitlines()
    assert lines[0].startswith("Image 1 is a style reference (picture 1)")
    assert lines[1].startswith("Image 2 is an object reference (picture 2)")
    assert lines[2].startswith("Image 3 is a render of the 3D scene")
    assert [r.path for r in structure_last(asked.references)] == ["1.png", "2.png", "0.png"]


@pytest.mark.parametrize("kind", list(Kind))
@pytest.mark.parametrize("role", list(ReferenceRole))
def test_every_role_and_kind_has_words_and_keeps_the_prompt_whole(kind: Kind, role: ReferenceRole) -> None:
    text = prompts.compose(request(role, kind=kind, prompt='{braces} and 100 % "quotes"'))
    assert text.startswith("Image 1 ")
    assert '{braces} and 100 % "quotes"' in text


def test_without_pictures_only_the_prompt_is_sent() -> None:
    assert prompts.compose(request()) == "a neon alley"


def test_a_label_cannot_break_the_numbering() -> None:
    tricky = GenerationRequest("x", references=(Reference(ReferenceRole.STYLE, "a", label="{0}{label}"),))
    assert prompts.compose(tricky).startswith("Image 1 is a style reference ((0)(label))")


def test_a_restyle_asks_to_keep_everything_in_place_and_a_texture_asks_for_a_flat_surface() -> None:
    assert "pixel for pixel" in prompts.compose(request(ReferenceRole.STRUCTURE))
    assert "flat texture" in prompts.compose(request(kind=Kind.TEXTURE))
