# SPDX-License-Identifier: GPL-3.0-or-later
"""Every text of the interface has its five translations, which say the same and fit into a narrow sidebar."""

from __future__ import annotations

import string

import bpy
import pytest

from devtools.translations import check
from devtools.translations.collect import collect
from nano_banana_addon.features.texture import bake_queue
from nano_banana_addon.translations import interface
from nano_banana_addon.translations.interface import LANGUAGES, read_language


@pytest.fixture(scope="module")
def texts() -> dict[str, str]:
    """Every text of the interface with the place where it stands."""
    return collect()


def test_the_texts_of_properties_operators_panels_and_sentences_are_found(texts: dict[str, str]) -> None:
    for text in (
        "Restyle",  # an operator
        "Aspect Ratio",  # a property
        "What the scene's camera sees, drawn as in the 3D view",  # a value's tooltip
        "Not visible in Solid",  # a label
        "{size} costs the same",  # a label with a value
        "Describe the image",  # a placeholder of a field
        "The model is overloaded at the moment.",  # an error
        "Sending {progress}",  # a sentence of the core
        "Stale",  # a word of a table
        "Describe the material first.",  # why a button is grey
        "The sequencer's strips replace this scene's render.",  # such a sentence in a table of them
        "Baking was cancelled; nothing in the file has changed.",  # what a class says
    ):
        assert text in texts
    assert not any(text.startswith("http") or text == "gemini-3-pro-image" for text in texts)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_has_a_translation(texts: dict[str, str], language: str) -> None:
    assert check.find_missing(texts)[language] == [], "python3 dev.py script devtools/translations/missing.py"


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_translation_is_left_from_a_text_that_is_gone(texts: dict[str, str], language: str) -> None:
    assert check.find_unused(texts)[language] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_translation_has_the_same_placeholders(language: str) -> None:
    different = {
        text
        for text, other in read_language(language).items()
        if check.find_placeholders(text) != check.find_placeholders(other)
    }
    assert different == set()
    for other in read_language(language).values():
        list(string.Formatter().parse(other))  # raises for a lonely brace


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_label_fits_where_the_english_one_does(language: str) -> None:
    wide = {text: other for text, other in read_language(language).items() if check.is_too_wide(text, other)}
    assert wide == {}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_translation_is_not_empty_and_ends_as_the_text_does(language: str) -> None:
    for text, other in read_language(language).items():
        assert other.strip() == other != "", text
        assert text.endswith((".", "。")) == other.endswith((".", "。")), (text, other)


@pytest.mark.parametrize(
    ("locale", "language"),
    [
        *(("de_DE", "de_DE"), ("de_AT", "de_DE"), ("es_MX", "es"), ("zh_CN", "zh_HANS")),
        *(("zh_HANT", ""), ("en_US", ""), ("", ""), ("pt_BR", "")),
    ],
)
def test_a_locale_is_shown_in_the_language_that_its_people_read(locale: str, language: str) -> None:
    assert interface.find_language(locale) == language


def test_a_sentence_with_values_is_found_by_its_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(interface, "_active", ["de_DE"])
    interface._find_sentence.cache_clear()
    german = read_language("de_DE")
    expected = german["Generating, {elapsed} s of about {seconds} s"].format(elapsed=3, seconds=30)
    assert interface.translate_sentence("Generating, 3 s of about 30 s") == expected
    assert interface.translate_sentence("There is no API key for a {strange} name.").endswith("a {strange} name.")
    assert interface.translate_sentence("My images of images") == "My images of images"
    assert interface.translate_sentence("") == ""


def test_what_is_missing_before_sending_is_told_in_the_language(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each problem of a request, also where several are told at once; what is in no table stays as it is."""
    monkeypatch.setattr(interface, "_active", ["de_DE"])
    interface._find_sentence.cache_clear()
    german = read_language("de_DE")
    first, second = "At most 8 variants are possible.", "Model X has no option Seed."
    variants = german["At most {most} variants are possible."].format(most=8)
    name = german["{name} has no option {option}."].format(name="Model X", option="Seed")
    assert interface.translate_sentence(second) == name
    assert interface.translate_sentence(f"{first} {second}") == f"{variants} {name}"
    assert interface.translate_sentence(f"{first} Words of the service.") == f"{variants} Words of the service."


def test_errors_of_blender_features_and_services_are_told_in_the_language(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also those that name two values of one kind, and those with their next step behind them."""
    monkeypatch.setattr(interface, "_active", ["de_DE"])
    interface._find_sentence.cache_clear()
    assert interface.translate_sentence("Cube has no UV map. Choose Unwrap.").startswith("Cube hat keine UV-Map. ")
    memory = interface.translate_sentence("The GPU has not enough memory for a texture of 8192 x 4096.")
    assert "8192 x 4096" in memory
    assert "Speicher" in memory
    assert "Anbieter" in interface.translate_sentence("There is no provider nobody.")
    assert "Einstellung" in interface.translate_sentence("That would be 900 shots; a list holds 500.")


def test_the_notes_of_a_stopped_texture_and_reasons_with_values_are_told_in_the_language(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(interface, "_active", ["de_DE"])
    interface._find_sentence.cache_clear()
    bake, drawing = bake_queue._Bake, bake_queue._Drawing((each for each in ()), bool, bool)
    notes = (*bake_queue.ANOTHER_FILE, *bake.stopped, *bake.elsewhere, *drawing.stopped, *drawing.elsewhere)
    assert {note for note in notes if note} - set(read_language("de_DE")) == set()
    curves = "The Curves in Render > Color Management cannot be kept. Use nodes in the compositor instead."
    assert interface.translate_sentence(curves).startswith("Curves unter Rendern > Farbverwaltung")


def test_notes_that_stand_together_are_each_told_in_the_language(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a texture in one line, of a material below each other, and a task with how far it is."""
    monkeypatch.setattr(interface, "_active", ["de_DE"])
    interface._find_sentence.cache_clear()
    german = read_language("de_DE")
    light = german["Remove Light left as it was: {names} (too few directions are seen)."].format(names="Ring 1")
    maps = german["{names}: no roughness and metallic came. Choose Generate Missing Maps."].format(names="Ring 2")
    notes = (
        "Remove Light left as it was: Ring 1 (too few directions are seen).",
        "Ring 2: no roughness and metallic came. Choose Generate Missing Maps.",
    )
    assert interface.translate_sentence(" ".join(notes)) == f"{light} {maps}"
    assert interface.translate_sentence("\n".join(notes)) == f"{light}\n{maps}"
    title = german["Computing the maps of {title} …"].format(title="bricks")
    assert interface.translate_sentence("Computing the maps of bricks … 40%") == f"{title} 40%"
    assert interface.translate_sentence("Nobody knows this. Nor that.") == "Nobody knows this. Nor that."


def test_english_reads_no_file_and_registers_nothing() -> None:
    assert interface._active == []
    interface.refresh()
    assert interface._active == []
    assert interface.translate("{size} costs the same", size="2K") == "2K costs the same"
    assert bpy.app.translations.locale in {"", "en_US"}
