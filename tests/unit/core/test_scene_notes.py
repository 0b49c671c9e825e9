# SPDX-License-Identifier: GPL-3.0-or-later
"""What the text says of notes, in the manner of each model."""

from __future__ import annotations

import pytest

from nano_banana_addon.core.constants import Kind, ReferenceRole
from nano_banana_addon.core.models import MODELS, Manner
from nano_banana_addon.core.request import GenerationRequest, Reference
from nano_banana_addon.core.scene.capture import SceneNote
from nano_banana_addon.core.text import validate
from nano_banana_addon.core.text.prompts import MAX_PROMPT_CHARACTERS, compose, name_marked_copy

COPY = Reference(ReferenceRole.GUIDE, "marked.png", name_marked_copy(numbers=True, strokes=False))
CLEAN = Reference(ReferenceRole.STRUCTURE, "clean.png")
STYLE = Reference(ReferenceRole.STYLE, "ink.png")
NOTES = (SceneNote(1, "make this door red", 0.1, 0.2), SceneNote(3, "a {lamp}.", 0.5, 1.0))


def request(model: str = "gemini-3-pro-image", **more: object) -> GenerationRequest:
    values = {"prompt": "a house", "model": model, "references": (STYLE, COPY, CLEAN), "scene_notes": NOTES, **more}
    return GenerationRequest(**values)


def test_the_text_lists_them_by_number_and_place_and_forbids_the_marks() -> None:
    text = compose(request())
    assert "Image 2 is a guide (the last picture with numbered marks)" in text
    assert "The numbered marks in image 2" in text
    assert "1 (at the left, upper third): make this door red\n3 (in the middle, lower third): a {lamp}." in text
    assert "Do not draw the marks" in text
    assert text.index("a house") < text.index("make this door red") < text.index("Keep the last picture's camera")


@pytest.mark.parametrize("model", [m.id for m in MODELS.values() if m.manner is not Manner.INSTRUCTION])
def test_a_caption_says_where_in_words(model: str) -> None:
    text = compose(request(model, references=(CLEAN,)))
    assert text.startswith("a house. At the left, upper third: make this door red. In the middle, lower third: a")
    assert "image" not in text.lower()


@pytest.mark.parametrize("model", [m.id for m in MODELS.values() if m.structure_first])
def test_where_the_image_goes_first_the_copy_is_named_by_its_place(model: str) -> None:
    text = compose(request(model))
    assert "Image 3 is a guide (the first picture with numbered marks)" in text
    assert "The numbered marks in image 3" in text


def test_a_change_of_an_image_lists_them_too() -> None:
    text = compose(request(kind=Kind.EDIT, references=(COPY,), continues="x"))
    assert "make this door red" in text


def test_without_a_copy_or_without_notes_nothing_is_said_of_marks() -> None:
    assert "marks" not in compose(request(references=(CLEAN,), scene_notes=()))


def test_notes_count_as_text_and_the_copy_as_an_image() -> None:
    long = (SceneNote(1, "x" * MAX_PROMPT_CHARACTERS, 0.5, 0.5),)
    assert any("characters" in problem for problem in validate.find_problems(request(scene_notes=long)))
    full = request(references=(STYLE,) * 13 + (COPY, CLEAN))
    assert any("There are 15 images" in problem for problem in validate.find_problems(full))


def test_they_decide_about_the_image_and_are_kept() -> None:
    assert request().compute_digest() != request(scene_notes=NOTES[:1]).compute_digest()
    assert GenerationRequest.from_dict(request().to_dict()) == request()
