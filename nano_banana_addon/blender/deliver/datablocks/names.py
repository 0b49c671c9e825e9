# SPDX-License-Identifier: GPL-3.0-or-later
"""Names for images and files, from what the artist called it or wrote."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path

from ....core.image_types import find_suffix
from ....core.result import Generation, Picture
from ....core.text.details import find_first_paragraph, shorten
from .ownership_tags import clean_text

_TITLE_LENGTH = 40  # characters; Blender 4.5 cuts data-block names at 63 bytes


def title_of(generation: Generation) -> str:
    """What the picture is called: its given name, the shot, or the first words of the prompt."""
    request = generation.request
    text = request.delivery.name or request.shot or find_first_paragraph(request.prompt) or "Picture"
    short = shorten(clean_text(text), _TITLE_LENGTH)
    return f"Offline preview: {short}" if generation.offline_preview else short


def file_name(generation: Generation, picture: Picture) -> str:
    """A portable file name, the same for each delivery of this picture: title, end of the id, extension.

    The id's end tells variants apart also where ids begin with the time.
    """
    slug = slug_of(title_of(generation))
    identity = re.sub(r"\W", "", generation.id)[-8:] or picture.sha256[:8]
    return f"{slug}-{identity}{extension(picture)}"


def slug_of(title: str) -> str:
    """A title as a part of portable file names."""
    words = unicodedata.normalize("NFC", shorten(clean_text(title), _TITLE_LENGTH)).lower()
    return re.sub(r"[\W_]+", "-", words).strip("-") or "picture"


def extension(picture: Picture) -> str:
    """The file's extension with its dot, from what the bytes are rather than from a name."""
    return find_suffix(picture.mime_type) or Path(picture.path).suffix or ".png"
