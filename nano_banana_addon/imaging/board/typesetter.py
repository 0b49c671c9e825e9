# SPDX-License-Identifier: GPL-3.0-or-later
"""The embedded font of printed boards, and text broken into lines that fit."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

FONT_FILE = Path(__file__).parent / "font" / "board.ttf"
LEADING = 1.4  # lines, in font sizes
_SMALLEST = 0.6  # of the layout's font size
_LONGEST = 6000  # characters of one text
_MISSING = "□"
#: A run of spaces, one ideograph or syllable (lines may end after each), a word.
_TOKENS = re.compile(
    r"\s+|[\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\uff00-\uffef]|[^\s\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\uff00-\uffef]+"
)


class Typesetter:
    """Measures and breaks text; `missing` collects characters that the font lacks."""

    def __init__(self, face: Any) -> None:
        self._known, self._widths, self._default = face.charToGlyph, face.charWidths, face.defaultWidth
        self.missing: set[str] = set()

    def clean(self, text: str) -> str:
        """The text with a box for each character that the font lacks, without control characters; keeps line ends."""
        kept = (c for c in text[:_LONGEST].replace("\r\n", "\n").replace("\t", " ") if c == "\n" or c.isprintable())
        return "".join(map(self._replace, kept))

    def _replace(self, character: str) -> str:
        if character == "\n" or ord(character) in self._known:
            return character
        if "\ufe00" <= character <= "\ufe0f":  # says only how the character before it looks
            return ""
        self.missing.add(character)
        return _MISSING

    def measure(self, text: str, size: float) -> float:
        """The width of a text in points."""
        return size * sum(self._widths.get(ord(c), self._default) for c in text) / 1000

    def clip(self, text: str, width: float, size: float) -> str:
        """A text as one line that fits, with … where it is cut."""
        line = " ".join(text.split())
        if self.measure(line, size) <= width:
            return line
        while line and self.measure(line + "…", size) > width:
            line = line[:-1]
        return line.rstrip() + "…"

    def wrap(self, text: str, width: float, size: float) -> list[str]:
        """Lines that fit; a word that is wider than a line is broken."""
        return [line for part in text.split("\n") for line in self._wrap_paragraph(part, width, size)]

    def _wrap_paragraph(self, text: str, width: float, size: float) -> list[str]:
        lines, line, used = list[str](), "", 0.0
        for token in _TOKENS.findall(text):
            length = self.measure(token, size)
            if used + length > width and line:
                lines.append(line.rstrip())
                line, used = "", 0.0
            if token.isspace() and not line:
                continue
            for piece in [token] if length <= width else list(token):
                length = self.measure(piece, size)
                if used + length > width and line:
                    lines.append(line)
                    line, used = "", 0.0
                line, used = line + piece, used + length
        return [*lines, line.rstrip()] if line or not lines else lines

    def fit(self, texts: Sequence[str], width: float, height: float, size: float) -> tuple[list[str], float, bool]:
        """The lines of some paragraphs in a box, the font size at which they fit, and whether they had to be cut."""
        for share in (1.0, 0.9, 0.8, 0.7, _SMALLEST):
            smaller = size * share
            lines = [line for text in texts for line in self.wrap(text, width, smaller)]
            room = int(height / (smaller * LEADING))
            if len(lines) <= room:
                return lines, smaller, False
        if room < 1:
            return [], smaller, bool(lines)
        last = self.clip(lines[room - 1] + "……", width, smaller) if lines else ""
        return [*lines[: room - 1], last.rstrip("…") + "…"], smaller, True
