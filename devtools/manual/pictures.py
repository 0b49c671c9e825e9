# SPDX-License-Identifier: GPL-3.0-or-later
"""The manual's pictures: where each comes from, and how it is made of what a window's case or a demo leaves.

`python3 dev.py pictures` runs the cases and demos, then this file as a module, in an environment with Pillow.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

from devtools.paths import BUILD, ROOT

FOLDER = ROOT / "docs" / "pictures"
WINDOWS = BUILD / "ui"
DEMOS = BUILD / "demos"
Box = tuple[int, int, int, int]
#: The largest editor in a window of 1200 × 800: left, top, right, bottom.
EDITOR: Box = (2, 28, 987, 718)
_GAP, _BACKGROUND = 8, (29, 29, 29)  # between two pictures, in the colour of Blender's window
_QUALITY = 88  # of JPEG


@dataclass(frozen=True)
class Source:
    """A case of tests/ui, or a demo as "demo texture", with what it leaves: files to be put side by side."""

    maker: str
    files: tuple[str, ...]
    box: Box | None = None  # the part that is shown of each
    width: int = 0  # the result is made so wide; 0: as it is


def _case(name: str, *files: str, box: Box | None = None, width: int = 0) -> Source:
    return Source(f"case_{name}", tuple(f"{file}.png" for file in files), box, width)


PICTURES = {
    "animation-panel.png": _case("animation", "animation-panel"),
    "comfyui.jpg": _case("comfyui", "comfyui-window", box=(2, 78, 987, 718)),
    "compare.jpg": _case("history", "compare", box=EDITOR),
    "conversation.png": _case("conversation", "conversation"),
    "demo.jpg": Source("demo", ("contact-sheet.png",), width=1400),
    "details.png": _case("history", "details"),
    "done.png": _case("panel", "done"),
    "edit-marks.jpg": _case("editing", "edit-marks", box=EDITOR),
    "edit-modes.jpg": Source("demo edit", ("edit-sheet.png",), width=1400),
    "edit-result.jpg": _case("editing", "edit-result", box=EDITOR),
    "first-run.png": _case("first_run", "first-run-panel"),
    "history.png": _case("history", "history"),
    "idle.png": _case("panel", "idle"),
    "in-progress.png": _case("panel", "in-progress"),
    "keyring.png": _case("keyring", "keyring-moved", box=(272, 204, 928, 368)),
    "layers.jpg": _case("layers", "layers", box=EDITOR),
    "ledger.png": _case("history", "ledger"),
    "material-generated.jpg": _case("material", "material-generated"),
    "material-image.jpg": _case("material", "material-image-done"),
    "material-sheet.jpg": Source("demo material", ("material-sheet.png",), width=1800),
    "no-key.png": _case("panel", "no-key"),
    "notes.jpg": _case("notes", "notes-window", box=EDITOR),
    "recovery.png": _case("history", "recovery", box=(346, 156, 988, 514)),
    "refused.png": _case("panel", "refused"),
    "render-compare.jpg": _case("notes", "render-compare", box=(51, 152, 1038, 744)),
    "storyboard-list.png": _case("storyboard", "storyboard-list"),
    "storyboard.png": _case("storyboard", "storyboard"),
    "styles.png": _case("presets", "styles-popover", box=(203, 12, 822, 786)),
    "texturing-panel.png": _case("texturing", "texturing-panel-before", "texturing-panel-after"),
    "texturing.jpg": Source("demo texture", ("contact-sheet.png",), width=1400),
    "window.png": _case("panel", "window"),
    "workspace.jpg": _case("first_run", "workspace"),
}

#: Pictures of measurements, films and a texture, which show no interface: made once, by hand, from tests and a demo.
KEPT = frozenset({"add-view.jpg", "animatic.jpg", "animation.jpg", "boards.png", "remove-light.jpg"})


def is_demo(maker: str) -> bool:
    """Whether this is a demo, and no case."""
    return maker.startswith("demo")


def locate(maker: str) -> Path:
    """Where a case or demo leaves its files."""
    return (DEMOS if is_demo(maker) else WINDOWS) / maker.replace(" ", "-")


def list_makers(names: list[str]) -> list[str]:
    """The cases and demos that leave these pictures, each once."""
    return list(dict.fromkeys(PICTURES[name].maker for name in names))


def write(name: str) -> Path:
    """Make one picture of what its maker left; returns the file. Raises `FileNotFoundError`."""
    from PIL import Image

    source = PICTURES[name]
    folder = locate(source.maker)
    parts = [Image.open(folder / file).convert("RGB").crop(source.box) for file in source.files]
    width = sum(part.width for part in parts) + _GAP * (len(parts) - 1)
    whole = Image.new("RGB", (width, max(part.height for part in parts)), _BACKGROUND)
    left = 0
    for part in parts:
        whole.paste(part, (left, 0))
        left += part.width + _GAP
    if source.width:
        whole = whole.resize((source.width, round(whole.height * source.width / width)), Image.Resampling.LANCZOS)
    target = FOLDER / name
    whole.save(target, quality=_QUALITY, optimize=True)
    return target


if __name__ == "__main__":
    for each in sys.argv[1:]:
        sys.stdout.write(f"{write(each).relative_to(ROOT)}\n")
