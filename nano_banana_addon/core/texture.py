# SPDX-License-Identifier: GPL-3.0-or-later
"""What is chosen for painting an object from several views, and the words for it."""

from __future__ import annotations

from dataclasses import dataclass, fields
from enum import StrEnum

from .errors import InputError
from .guides import Guide
from .request import GenerationRequest, TextureContext


class ViewSet(StrEnum):
    """Where an object is looked at from."""

    RING = "RING"
    RING_TOP_BOTTOM = "RING_TOP_BOTTOM"
    HEMISPHERE = "HEMISPHERE"
    BEST = "BEST"  # each where it sees most of what those before do not
    CAMERA = "CAMERA"  # the scene's active camera
    CAMERAS = "CAMERAS"  # the selected or named ones
    VIEWPORT = "VIEWPORT"


class PaintMode(StrEnum):
    """How the views are asked for."""

    SINGLE = "SINGLE"  # one picture for each view; the first gives the look to the others
    SHEET = "SHEET"  # all views in one picture
    SEQUENTIAL = "SEQUENTIAL"  # one after another, each shown what is painted already


#: From 1K to 8K; the GPU may set a lower limit.
TEXTURE_SIZES = (1024, 2048, 4096, 8192)
SMALLEST_TEXTURE, LARGEST_TEXTURE = 16, 8192
MAX_VIEWS = 16
#: Of a registration; below this the picture does not show the guide's shapes, and its drift means nothing.
LOWEST_CONFIDENCE = 0.15
MAX_SHEET = 9
#: What is not painted yet, in SEQUENTIAL (display values).
KEY_COLOUR = (1.0, 0.0, 1.0)


@dataclass(frozen=True, slots=True)
class TextureSettings:
    """All choices beside those of a generation. `count` is for the automatic sets; `elevation` in degrees.

    `guides` go along with every view; the first of them gives the structure. `anchor`: the first view is shown to
    the others as a style reference. `references_once`: the artist's references go only with the first view.
    `refine`: after a SHEET every view is painted again at full size. `drift_limit`: pixels of the picture that an
    aligned view may still be off its guide before the artist is told. `view_prompts`, by view, are added to the
    prompt. `cameras` are names, for CAMERAS.
    """

    views: ViewSet = ViewSet.RING
    count: int = 4
    mode: PaintMode = PaintMode.SINGLE
    guides: tuple[Guide, ...] = (Guide.CLAY, Guide.DEPTH)
    texture_size: int = 2048
    elevation: float = 15.0
    orthographic: bool = False
    anchor: bool = True
    references_once: bool = False
    refine: bool = False
    drift_limit: float = 3.0
    uv_map: str = ""
    cameras: tuple[str, ...] = ()
    view_prompts: tuple[str, ...] = ()

    def check(self) -> None:
        """Raise `InputError` for what cannot be painted."""
        if not 1 <= self.count <= MAX_VIEWS:
            raise InputError(f"There can be 1 to {MAX_VIEWS} views.", next_step="Change their number.")
        if not SMALLEST_TEXTURE <= self.texture_size <= LARGEST_TEXTURE:
            raise InputError(
                f"A texture has {SMALLEST_TEXTURE} to {LARGEST_TEXTURE} px.",
                next_step="Choose another size.",
            )
        if not set(self.guides) - {Guide.MASK}:
            raise InputError(
                "No guide is chosen: the model would not know the shape.",
                next_step="Choose Clay at least.",
            )


TEXTURE_NAMES: tuple[str, ...] = tuple(field.name for field in fields(TextureSettings))


def coverage_words(views: int, seen: float) -> str:
    """How much of the surface some views see, rounded down: what is not seen is not hidden by rounding."""
    one = f"{views} view sees" if views == 1 else f"{views} views see"
    return f"{one} {int(seen * 100 + 1e-6)}% of the surface."


def compose_view_prompt(prompt: str, own: str) -> str:
    """The prompt of one view."""
    return "\n\n".join(part for part in (prompt.strip(), own.strip() and f"In this view: {own.strip()}") if part)


def compose_sequential_prompt(prompt: str) -> str:
    """The prompt of a view of which a part is painted already."""
    return prompt + (
        "\n\nIn the last picture, what is pure magenta (#FF00FF) is not painted yet. Paint there, and continue what is"
        " painted beside it: same material, same colours, no visible border. Leave every other pixel as it is."
        " No magenta may remain."
    )


def sheet_prompt(prompt: str, count: int, own: list[str]) -> str:
    """The prompt of several views in one picture."""
    told = [f"Tile {number}: {words.strip()}" for number, words in enumerate(own, start=1) if words.strip()]
    return "\n".join(
        (
            prompt.strip(),
            "",
            f"The last picture is a sheet of {count} tiles: the same object from {count} sides, on grey, with gaps"
            " between the tiles. Paint it in every tile, with the same surface, the same marks and the same colours at"
            " the same places of the object. Every tile stays where it is, in its size, and the gaps stay empty.",
            *told,
        )
    )


def compose_refine_prompt(prompt: str) -> str:
    """The prompt of a view that was painted small, as a tile of a sheet."""
    return prompt + (
        "\n\nThe last picture is a small draft of this view, enlarged. Paint it again, sharp and in full detail: the"
        " same colours, the same marks at the same places."
    )


def part_of(request: GenerationRequest) -> TextureContext:
    """A view's place in its texture. Raises `InputError` for a picture that is no view."""
    if request.texture is None:
        raise InputError("This picture is no view of a texture.", next_step="Choose one that is.")
    return request.texture
