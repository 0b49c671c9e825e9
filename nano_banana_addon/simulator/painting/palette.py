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


def _parse_colours(text: str) -> tuple[Colour, ...]:
    return tuple((int(word[:2], 16) / 255, int(word[2:4], 16) / 255, int(word[4:], 16) / 255) for word in text.split())


_STOPS = {
    "day": _parse_colours("1f2a44 3d5a80 7d9d9c d9b98a f7ecd0"),
    "night": _parse_colours("070b1f 14204a 2b3f7a 5a6ea6 d8d2b0"),
    "neon": _parse_colours("0b0620 2b1055 7a1f8f e0408f 6ff3ff"),
    "dawn": _parse_colours("2a1f3d 6b4a6e c97b84 f2b880 fff1d0"),
    "sunset": _parse_colours("241432 6a2c52 c8553d f2a65a ffe6a8"),
    "snow": _parse_colours("24344d 5b7a99 9dbbd0 d7e6ee fbfdff"),
    "autumn": _parse_colours("2b1a12 6b2d1a b5532a e09f3e f6e3b4"),
    "spring": _parse_colours("20332b 4b7f52 93b876 f0b7c0 fff6e6"),
    "forest": _parse_colours("0f1f18 26483a 5a7d4f a8b568 f0eac0"),
    "desert": _parse_colours("3a2318 8a5a3b cf9a5b ecca8b fff3d6"),
    "sea": _parse_colours("07212f 12506b 2f8f9d 8ccfc4 f3f1da"),
    "ink": _parse_colours("101014 3a3a40 77767a b9b5ac f4efe2"),
    "fire": _parse_colours("160808 5a140c b83a12 f0902a fff0b0"),
    "gold": _parse_colours("1f150a 5f4318 a67c2d dfbb5c fff3c4"),
    "pastel": _parse_colours("5b5678 9a8fb5 d3a9c0 f3cfc6 fff8ec"),
    "noir": _parse_colours("050505 1d1f24 4a4e57 9097a0 eef0f2"),
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


def split_words(prompt: str) -> list[str]:
    """The prompt's words, in lower case."""
    return re.findall(r"[a-z]+", prompt.lower())


def hash_to_fraction(prompt: str, name: str) -> float:
    """A number from 0 to 1 that depends on the prompt and a name alone."""
    digest = hashlib.sha256(f"{name}/{prompt}".encode("utf-8", "replace")).digest()
    return int.from_bytes(digest[:6], "big") / 2**48


def _choose_stops(prompt: str, words: list[str]) -> tuple[Colour, ...]:
    palette_names = [_STOPS_OF_WORD[word] for word in words if word in _STOPS_OF_WORD]
    if palette_names:
        return _STOPS["neon"] if "neon" in palette_names else _STOPS[palette_names[0]]
    base = ("day", "dawn", "sea", "autumn", "pastel", "forest")[int(hash_to_fraction(prompt, "base") * 6)]
    return tuple(_turn_hue(stop, hash_to_fraction(prompt, "hue") * 0.16 - 0.08) for stop in _STOPS[base])


def _turn_hue(colour: Colour, turn: float) -> Colour:
    hue, light, saturation = colorsys.rgb_to_hls(*colour)
    return colorsys.hls_to_rgb((hue + turn) % 1.0, light, saturation)


def choose_mood(prompt: str) -> Mood:
    """The mood of a prompt; words that nobody knows still choose colours."""
    words = split_words(prompt)
    has = set(words).intersection
    mood = Mood(_choose_stops(prompt, words))
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
