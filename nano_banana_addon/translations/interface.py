# SPDX-License-Identifier: GPL-3.0-or-later
"""Translations of the interface in Blender's language: read when that is one of ours, and not before."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import bpy

from ..identity import EXTENSION_ID

#: The languages, by Blender's names of their locales.
LANGUAGES = ("zh_HANS", "ja_JP", "de_DE", "fr_FR", "es")
#: Blender looks labels and tooltips up under the first, names and buttons of operators under the second.
CONTEXTS = ("*", "Operator")
#: Patterns, compiled at their first use.
_PLACEHOLDER = r"\{([^}]*)\}"
_BETWEEN_SENTENCES = r"(?<=[.!?]) (?=[A-Z{\"“])|(?<=…) (?=\d)"  # a task's title stands before how far it is
_FEW, _MANY = 7, 10  # letters beside the placeholders: of a sentence's beginning, anywhere
_FOLDER = Path(__file__).parent
_OWNER = object()  # of the subscription to the preference
_active: list[str] = []  # the locale that is registered, if one is


def translate(message: str, **values: object) -> str:
    """A text in the language of the interface, with values in the places that it names in braces.

    Blender translates by itself what a property, an operator or a label says as written in the code. This is for a
    text with values, and for one that is not drawn as it is. The English text is returned where there is no other.
    """
    text: str = bpy.app.translations.pgettext_iface(message)
    return text.format(**values) if values else text


def translate_sentence(sentence: str) -> str:
    """A text of the core, whose values stand in it already, in the language of the interface.

    It is found by the translated texts with placeholders: "Sending 40%" by "Sending {progress}". One that fits none of
    them stays English, as do names and numbers. Cheap enough for draw().
    """
    return _find_sentence(_active[0], sentence) if _active else sentence


@lru_cache(maxsize=512)
def _find_sentence(locale: str, sentence: str) -> str:
    lines = sentence.split("\n")
    found = [_find_sentence(locale, line) for line in lines] if len(lines) > 1 else [sentence]
    is_known = all(text != line for text, line in zip(found, lines, strict=True))  # else a value may have lines
    if text := "" if is_known else _find_whole(locale, sentence):
        return text
    if len(lines) > 1:
        return "\n".join(found)
    parts = re.split(_BETWEEN_SENTENCES, sentence)
    if len(parts) == 1:
        return sentence
    # Notes of several sentences stand one behind the other: the longest that is known at the beginning comes first.
    heads = ((count, _find_whole(locale, " ".join(parts[:count]))) for count in range(len(parts) - 1, 0, -1))
    count, text = next(((count, text) for count, text in heads if text), (1, parts[0]))
    return f"{text} {_find_sentence(locale, ' '.join(parts[count:]))}"


def _find_whole(locale: str, sentence: str) -> str:
    """What one entry says for all of a text; "" where none does."""
    text = translate(sentence)
    if text != sentence:
        return text
    parts = re.split(_BETWEEN_SENTENCES, sentence)
    for pattern, message, count in _compile_patterns(locale):
        if count >= len(parts) and (match := pattern.fullmatch(sentence)):
            return message.format(**match.groupdict())
    return ""


@lru_cache(maxsize=1)
def _compile_patterns(locale: str) -> list[tuple[re.Pattern[str], str, int]]:
    """What the texts with placeholders look like when these are filled, and of how many sentences each is made.

    Those with most words come first.
    """
    texts = read_language(find_language(locale)).items()
    found = [(text, other) for text, other in texts if _is_pattern(text)]
    found.sort(key=lambda pair: -len(re.sub(_PLACEHOLDER, "", pair[0])))
    return [
        (re.compile(_to_pattern(text), re.DOTALL), other, len(re.split(_BETWEEN_SENTENCES, text)))
        for text, other in found
    ]


def _is_pattern(text: str) -> bool:
    """Whether a text with placeholders has words enough to know a sentence by them."""
    names = re.findall(_PLACEHOLDER, text)
    letters = sum(letter.isalpha() for letter in re.sub(_PLACEHOLDER, "", text))
    return bool(names) and all(map(str.isidentifier, names)) and letters >= (_FEW if text[0].isupper() else _MANY)


def _to_pattern(text: str) -> str:
    parts = re.split(_PLACEHOLDER, text)  # each second one is a name
    return "".join(f"(?P<{part}>.+?)" if index % 2 else re.escape(part) for index, part in enumerate(parts))


def read_language(language: str) -> dict[str, str]:
    """The translations of a language, by English text."""
    texts: dict[str, str] = json.loads((_FOLDER / f"{language}.json").read_text(encoding="utf-8"))
    return texts


def find_language(locale: str) -> str:
    """The language to show in a locale, which may name a country of its own; "" for English and those not there."""
    if locale in LANGUAGES:
        return locale
    spoken = locale.partition("_")[0].partition("@")[0]
    if spoken == "zh":  # the traditional script is another language
        return "zh_HANS" if locale in {"zh", "zh_CN", "zh_SG"} else ""
    return next((language for language in LANGUAGES if language.partition("_")[0] == spoken), "")


def refresh() -> None:
    """Register the language that Blender's interface has now, instead of the one before."""
    locale = bpy.app.translations.locale or ""
    wanted = [locale] if find_language(locale) else []
    if wanted == _active:
        return
    _remove()
    if wanted:
        texts = read_language(find_language(locale))
        messages = {(context, text): other for context in CONTEXTS for text, other in _spell(texts)}
        bpy.app.translations.register(EXTENSION_ID, {locale: messages})
        _active.append(locale)


def register() -> None:
    """Register the language, and follow the preference when another is chosen."""
    key = (bpy.types.PreferencesView, "language")
    bpy.msgbus.subscribe_rna(key=key, owner=_OWNER, args=(), notify=refresh, options={"PERSISTENT"})
    refresh()


def unregister() -> None:
    """Undo `register`."""
    bpy.msgbus.clear_by_owner(_OWNER)
    _remove()


def _spell(texts: dict[str, str]) -> Iterator[tuple[str, str]]:
    """The texts as Blender asks for them: docstrings may end in a new line; Python before 3.13 keeps them indented."""
    for text, other in texts.items():
        yield text, other
        if "\n" in text:
            indented = re.sub(r"\n(?!\n)", "\n    ", text)
            yield from ((spelling, other) for spelling in (f"{text}\n", indented, f"{indented}\n    "))


def _remove() -> None:
    if _active:
        bpy.app.translations.unregister(EXTENSION_ID)
        _active.clear()
