# SPDX-License-Identifier: GPL-3.0-or-later
"""The prompts of the views of a texture: what each asks for besides the artist's words."""

from __future__ import annotations


def compose_view_prompt(prompt: str, view_prompt: str) -> str:
    """The prompt of one view."""
    return "\n\n".join(
        part for part in (prompt.strip(), view_prompt.strip() and f"In this view: {view_prompt.strip()}") if part
    )


def compose_sequential_prompt(prompt: str) -> str:
    """The prompt of a view of which a part is generated already."""
    return prompt + (
        "\n\nIn the last picture, what is pure magenta (#FF00FF) is not painted yet. Paint there, and continue what is"
        " painted beside it: same material, same colours, no visible border. Leave every other pixel as it is."
        " No magenta may remain."
    )


def compose_sheet_prompt(prompt: str, count: int, view_prompts: list[str]) -> str:
    """The prompt of several views in one image."""
    tile_prompts = [
        f"Tile {number}: {words.strip()}" for number, words in enumerate(view_prompts, start=1) if words.strip()
    ]
    return "\n".join(
        (
            prompt.strip(),
            "",
            f"The last picture is a sheet of {count} tiles: the same object from {count} sides, on grey, with gaps"
            " between the tiles. Paint it in every tile, with the same surface, the same marks and the same colours at"
            " the same places of the object. Every tile stays where it is, in its size, and the gaps stay empty.",
            *tile_prompts,
        )
    )


def compose_touch_up_prompt(prompt: str) -> str:
    """The prompt of a view that is added to an existing texture."""
    return prompt.strip() + (
        "\n\nThe last picture is the object with its present colours, unlit. Change what is asked for, and leave"
        " every other pixel as it is: same shapes, same places, same colours, unlit."
        " What is pure magenta (#FF00FF) has no colour yet: continue there what is beside it. No magenta may remain."
    )


def compose_refine_prompt(prompt: str) -> str:
    """The prompt of a view that was generated as a small tile of a sheet."""
    return prompt + (
        "\n\nThe last picture is a small draft of this view, enlarged. Paint it again, sharp and in full detail: the"
        " same colours, the same marks at the same places."
    )
