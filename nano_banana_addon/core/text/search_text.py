# SPDX-License-Identifier: GPL-3.0-or-later
"""Text as it is compared by a search."""

from __future__ import annotations

import re
import unicodedata

#: Accents above and below letters, by their combining classes; vowels of Indic, Hebrew and Arabic scripts have others.
_ACCENTS = re.compile(
    f"[{''.join(chr(code) for code in range(0x300, 0x3100) if 200 <= unicodedata.combining(chr(code)) <= 240)}]+"
)


def fold(text: str) -> str:
    """The text without differences of case, composition and accents: "İstanbul" becomes "istanbul"."""
    if text.isascii():
        return text.casefold()
    # Decomposed twice: casefolding composes some. The dotless i is one that has lost its dot.
    parts = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    return unicodedata.normalize("NFC", _ACCENTS.sub("", parts.replace("ı", "i")))
