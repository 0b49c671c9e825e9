# SPDX-License-Identifier: GPL-3.0-or-later
"""From the words of a prompt to colours and a manner of painting, always the same for the same."""

from __future__ import annotations

import colorsys
import hashlib
import re
from dataclasses import dataclass, replace

Colour = tuple[float, float, float]  # sRGB, 0 to 1


@dataclass(frozen=True)
class Mood:
    """How to paint. ``stops`` are colours from shadow to light; shares are 0 to 1."""

    stops: tuple[Colour, ...]
    tint: float = 0.6  # how much the palette replaces the picture's own colours
    saturation: float = 1.15
    hues: float = 0.35  # how much of the picture's hues shows through the palette
    gain: float = 1.0  # brightness of the whole
    ink: float = 0.75
    levels: int = 7
    paper: float = 0.5
    glow: float = 0.0
    rain: float = 0.0
    snow: float = 0.0
    wash: float = 0.0  # watercolour: how far the colours are thinned


def _hex(text: str) -> tuple[Colour, ...]:
    return tuple((int(word[:2], 16) / 255, int(word[2:4], 16) / 255, int(word[4:], 16) / 255) for word in text.split())


_STOPS = {
    "day": _hex("1f2a44 3d5a80 7d9d9c d9b98a f7ecd0"),
    "night": _hex("070b1f 14204a 2b3f7a 5a6ea6 d8d2b0"),
    "neon": _hex("0b0620 2b1055 7a1f8f e0408f 6ff3ff"),
    "dawn": _hex("2a1f3d 6b4a6e c97b84 f2b880 fff1d0"),
    "sunset": _hex("241432 6a2c52 c8553d f2a65a ffe6a8"),
    "snow": _hex("24344d 5b7a99 9dbbd0 d7e6ee fbfdff"),
    "autumn": _hex("2b1a12 6b2d1a b5532a e09f3e f6e3b4"),
    "spring": _hex("20332b 4b7f52 93b876 f0b7c0 fff6e6"),
    "forest": _hex("0f1f18 26483a 5a7d4f a8b568 f0eac0"),
    "desert": _hex("3a2318 8a5a3b cf9a5b ecca8b fff3d6"),
    "sea": _hex("07212f 12506b 2f8f9d 8ccfc4 f3f1da"),
    "ink": _hex("101014 3a3a40 77767a b9b5ac f4efe2"),
    "fire": _hex("160808 5a140c b83a12 f0902a fff0b0"),
    "gold": _hex("1f150a 5f4318 a67c2d dfbb5c fff3c4"),
    "pastel": _hex("5b5678 9a8fb5 d3a9c0 f3cfc6 fff8ec"),
    "noir": _hex("050505 1d1f24 4a4e57 9097a0 eef0f2"),
}
_STOPS_WORDS = {
    "night": "night midnight moon moonlit moonlight dark evening dusk stars",
    "neon": "neon cyberpunk synthwave vaporwave hologram arcade",
    "dawn": "dawn sunrise morning rose",
    "sunset": "sunset golden twilight",
    "snow": "snow snowy winter ice icy frost frozen arctic glacier",
    "autumn": "autumn fall october rust harvest",
    "spring": "spring blossom cherry sakura garden",
    "forest": "forest jungle moss mossy grass leaf wood green",
    "desert": "desert sand sandstone dune western clay",
    "sea": "sea ocean water underwater lake teal harbour",
    "ink": "ink sumi pencil sketch charcoal manga lineart",
    "fire": "fire lava volcano inferno hell ember",
    "gold": "gold brass steampunk bronze baroque",
    "pastel": "pastel ghibli children storybook candy",
    "noir": "noir monochrome black white grayscale",
}
_STOPS_OF_WORD = {word: name for name, words in _STOPS_WORDS.items() for word in words.split()}


def words_of(prompt: str) -> list[str]:
    """The prompt's words, in lower case."""
    return re.findall(r"[a-z]+", prompt.lower())


def fraction(prompt: str, name: str) -> float:
    """A number from 0 to 1 that depends on the prompt and a name alone."""
    digest = hashlib.sha256(f"{name}/{prompt}".encode("utf-8", "replace")).digest()
    return int.from_bytes(digest[:6], "big") / 2**48


def _stops(prompt: str, words: list[str]) -> tuple[Colour, ...]:
    named = [_STOPS_OF_WORD[word] for word in words if word in _STOPS_OF_WORD]
    if named:
        return _STOPS["neon"] if "neon" in named else _STOPS[named[0]]
    base = ("day", "dawn", "sea", "autumn", "pastel", "forest")[int(fraction(prompt, "base") * 6)]
    return tuple(_turn_hue(stop, fraction(prompt, "hue") * 0.16 - 0.08) for stop in _STOPS[base])


def _turn_hue(colour: Colour, turn: float) -> Colour:
    hue, light, saturation = colorsys.rgb_to_hls(*colour)
    return colorsys.hls_to_rgb((hue + turn) % 1.0, light, saturation)


def mood_of(prompt: str) -> Mood:
    """The mood of a prompt; words that nobody knows still choose colours."""
    words = words_of(prompt)
    has = set(words).intersection
    mood = Mood(_stops(prompt, words))
    if has({"night", "midnight", "dark", "moonlight", "moonlit"}):
        mood = replace(mood, gain=0.66, glow=0.3, tint=0.75)
    if has({"neon", "cyberpunk", "synthwave"}):
        mood = replace(mood, gain=0.74, glow=0.9, tint=0.66, saturation=1.6)
    if has({"rain", "rainy", "storm", "wet"}):
        mood = replace(mood, rain=0.5)
    if has({"snow", "snowy", "winter", "frost"}):
        mood = replace(mood, snow=0.85, gain=1.05)
    if has({"watercolour", "watercolor", "aquarelle", "gouache"}):
        mood = replace(mood, wash=0.55, paper=1.0, ink=0.45, levels=6, tint=0.45)
    if has({"ink", "sumi", "manga", "pencil", "sketch", "lineart", "charcoal"}):
        mood = replace(mood, tint=1.0, hues=0.06, ink=1.0, levels=4, paper=0.9)
    if has({"noir", "monochrome", "grayscale"}):
        mood = replace(mood, tint=1.0, hues=0.0, levels=5)
    return mood
