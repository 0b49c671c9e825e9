# SPDX-License-Identifier: GPL-3.0-or-later
"""The manual's pictures: where each comes from, and how it is made of what a window's case or a demo leaves.

`python3 dev.py pictures` runs the makers, then this file as a module, in an environment with Pillow.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from devtools.paths import BUILD, ROOT

if TYPE_CHECKING:
    from PIL import Image

FOLDER = ROOT / "docs" / "pictures"
WINDOWS = BUILD / "ui"
DEMOS = BUILD / "demos"
Box = tuple[int, int, int, int]
#: The largest editor in a window of 1200 × 800: left, top, right, bottom.
EDITOR: Box = (2, 28, 987, 718)
_GAP, _BACKGROUND = 8, (29, 29, 29)  # between two pictures, in the colour of Blender's window
_QUALITY = 88  # of JPEG
_PDF_SCALE = 2  # pixels for a point


@dataclass(frozen=True)
class Source:
    """A case of tests/ui, a demo as "demo texture", or "oracle light" of tests/oracle/pictures.py; with what it leaves:
    files to be put side by side, of a PDF its first page."""

    maker: str
    files: tuple[str, ...]
    box: Box | None = None  # the part that is shown of each
    width: int = 0  # the result is made so wide; 0: as it is


def _case(name: str, *files: str, box: Box | None = None, width: int = 0) -> Source:
    return Source(f"case_{name}", tuple(f"{file}.png" for file in files), box, width)


PICTURES = {
    "add-view.jpg": _case("add_view", "add-view-textured", "add-view-added", box=(180, 90, 710, 620), width=888),
    "animatic.jpg": Source("demo storyboard", ("animatic-frame.png",)),
    "animation.jpg": Source("oracle keyframes", ("keyframes.png",), width=1080),
    "animation-panel.png": _case("animation", "animation-panel"),
    "boards.jpg": Source("demo storyboard", ("board.pdf", "worksheet.pdf"), width=1630),
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
    "remove-light.jpg": Source("oracle light", ("remove-light.png",), width=780),
    "render-compare.jpg": _case("notes", "render-compare", box=(51, 152, 1038, 744)),
    "storyboard-list.png": _case("storyboard", "storyboard-list"),
    "storyboard.png": _case("storyboard", "storyboard"),
    "styles.png": _case("presets", "styles-popover", box=(203, 12, 822, 786)),
    "texturing-panel.png": _case("texturing", "texturing-panel-before", "texturing-panel-after"),
    "texturing.jpg": Source("demo texture", ("contact-sheet.png",), width=1400),
    "window.jpg": _case("panel", "window"),
    "workspace.jpg": _case("first_run", "workspace"),
}


def is_case(maker: str) -> bool:
    """Whether this is a case of tests/ui, and needs a window."""
    return maker.startswith("case_")


def locate(maker: str) -> Path:
    """Where a case or demo leaves its files."""
    return (WINDOWS if is_case(maker) else DEMOS) / maker.replace(" ", "-")


def list_makers(names: list[str]) -> list[str]:
    """The cases and demos that leave these pictures, each once."""
    return list(dict.fromkeys(PICTURES[name].maker for name in names))


def write(name: str) -> Path:
    """Make one picture of what its maker left; returns the file. Raises `FileNotFoundError`."""
    from PIL import Image

    source = PICTURES[name]
    folder = locate(source.maker)
    parts = [_open(folder / file).crop(source.box) for file in source.files]
    width = sum(part.width for part in parts) + _GAP * (len(parts) - 1)
    whole = Image.new("RGB", (width, max(part.height for part in parts)), _BACKGROUND)
    left = 0
    for part in parts:
        whole.paste(part, (left, (whole.height - part.height) // 2))
        left += part.width + _GAP
    if source.width:
        whole = whole.resize((source.width, round(whole.height * source.width / width)), Image.Resampling.LANCZOS)
    target = FOLDER / name
    whole.save(target, quality=_QUALITY, optimize=True)
    return target


def _open(path: Path) -> Image.Image:
    """An image, or the first page of a PDF, as RGB."""
    from PIL import Image

    if path.suffix != ".pdf":
        return Image.open(path).convert("RGB")
    from pypdfium2 import PdfDocument

    with PdfDocument(path) as document:
        return document[0].render(scale=_PDF_SCALE).to_pil().convert("RGB")


def main(names: list[str]) -> int:
    """Make these; one that lacks what it is made of is told, and does not stop the others. 1 if there was one."""
    status = 0
    for name in names:
        try:
            sys.stdout.write(f"{write(name).relative_to(ROOT)}\n")
        except FileNotFoundError as error:
            sys.stderr.write(f"docs/pictures/{name} stays as it was: {error.filename} is missing\n")
            status = 1
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
