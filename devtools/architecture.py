# SPDX-License-Identifier: GPL-3.0-or-later
"""The picture of the architecture, `docs/dev/architecture.svg`, drawn from the imports of the shipped source.

An arrow says "imports". One that follows from others is left out: where a imports b and b imports c, there is no
arrow from a to c.
"""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html import escape
from pathlib import Path

from devtools.paths import ROOT
from devtools.source import SHIPPED, file_arrows, layer_of, parse

PICTURE = ROOT / "docs" / "dev" / "architecture.svg"
Graph = dict[str, set[str]]

#: The first column of each layer and how many it spans; its row comes from the imports.
_COLUMNS = {
    "registration": (0, 4),
    "operators": (0, 1),
    "preferences": (1, 1),
    "panels": (2, 1),
    "cli": (3, 1),
    "properties": (0, 2),
    "features": (0, 4),
    "session": (0, 4),
    "blender": (0, 2),
    "worker": (2, 2),
    "storage": (0, 3),
    "simulator": (3, 1),
    "imaging": (0, 2),
    "wire": (2, 2),
    "core": (0, 4),
}
#: Everybody imports these; they are named below the picture.
_COMMON = ("identity", "lazy")
_MODULES = "modules"  # stands for the files of a layer that lie in none of its folders
_COLUMN, _GAP, _ROW_GAP, _PAD = 250, 16, 34, 12
_LINE, _CHIP, _CHIP_GAP, _CHIP_WIDTH = 15, 22, 6, 86
_CHARACTER = 6.9  # width of a letter of the small text


@dataclass(frozen=True)
class _Box:
    """One layer, placed: its rectangle, its purpose in lines, and its folders in columns."""

    name: str
    left: float
    top: float
    width: float
    height: float
    purpose: list[str]
    columns: list[list[str]]
    arrows: Graph


def draw() -> str:
    """The picture as SVG."""
    layers = _reduce(_connect_layers())
    boxes = {box.name: box for box in _place(layers)}
    bottom = max(box.top + box.height for box in boxes.values()) + 26
    width = 4 * _COLUMN + 5 * _GAP
    note = f"An arrow means: imports. What follows is left out. Everybody may import {' and '.join(_COMMON)}."
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {bottom + 8}" font-family="sans-serif">',
        '<defs><marker id="end" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
        '<path d="M0 0 8 4 0 8Z" fill="#345"/></marker></defs>',
        f'<rect width="{width}" height="{bottom + 8}" fill="#fff"/>',
        *(_draw_arrow(boxes[name], boxes[target]) for name in layers for target in sorted(layers[name])),
        *(line for box in boxes.values() for line in _draw_box(box)),
        _draw_text(_GAP, bottom - 6, note),
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def write() -> Path:
    """Draw the picture into its file."""
    PICTURE.write_text(draw(), encoding="utf-8")
    return PICTURE


def _connect_layers() -> Graph:
    graph: Graph = {}
    for path, targets in file_arrows().items():
        layers = {layer_of(target) for target in targets} & _COLUMNS.keys()
        if layer_of(path) in _COLUMNS:
            graph.setdefault(layer_of(path), set()).update(layers - {layer_of(path)})
    return dict(sorted(graph.items()))


def _connect_folders(layer: str) -> Graph:
    """The folders of a layer, those below them counted in, and which imports which."""
    graph: Graph = {}
    for path in (path for path in SHIPPED if layer_of(path) == layer):
        folders = {_folder_of(target) for target in file_arrows()[path] if layer_of(target) == layer}
        if path.name != "__init__.py" or _folder_of(path) != _MODULES:
            graph.setdefault(_folder_of(path), set()).update(folders - {_folder_of(path)})
    return {name: graph[name] & graph.keys() for name in sorted(graph)}


def _folder_of(path: Path) -> str:
    parts = path.relative_to(ROOT).parts
    below = parts[2:] if parts[0] == "nano_banana_addon" else parts[1:]
    return below[0] if len(below) > 1 else _MODULES


def _reduce(graph: Graph) -> Graph:
    """The graph without arrows that follow from others."""
    return {
        name: {t for t in targets if not any(t in _reach(graph, other) for other in targets - {t})}
        for name, targets in graph.items()
    }


def _reach(graph: Mapping[str, set[str]], start: str) -> set[str]:
    reached: set[str] = set()
    waiting = [start]
    while waiting:
        new = graph.get(waiting.pop(), set()) - reached
        reached |= new
        waiting += new
    return reached


def _list_rows(graph: Graph) -> list[list[str]]:
    """The names in rows, each directly above the lowest that it imports or below the one that imports it."""
    ranks = dict.fromkeys(graph, 0)
    for _ in graph:  # so often that the longest way is through
        for name, targets in graph.items():
            for target in targets:
                ranks[target] = max(ranks[target], min(ranks[name] + 1, len(graph)))
    levels = sorted(set(ranks.values()))
    return [[name for name in graph if ranks[name] == level] for level in levels]


def _place(layers: Graph) -> Iterator[_Box]:
    top = float(_GAP)
    for row in _list_rows(layers):
        boxes = [_measure(name, top) for name in sorted(row, key=_COLUMNS.__getitem__)]
        height = max(box.height for box in boxes)
        yield from (_Box(**{**box.__dict__, "height": height}) for box in boxes)
        top += height + _ROW_GAP


def _measure(name: str, top: float) -> _Box:
    first, span = _COLUMNS[name]
    width = span * _COLUMN + (span - 1) * _GAP
    purpose = textwrap.wrap(_purpose_of(name), int((width - 2 * _PAD) / _CHARACTER))
    arrows = _reduce(_connect_folders(name))
    columns = _list_rows(arrows) if len(arrows) > 1 else []
    if len(columns) == 1:  # nothing imports anything: side by side
        columns = [[folder] for folder in columns[0]]
    chips = max((len(column) for column in columns), default=0) * (_CHIP + _CHIP_GAP)
    height = _PAD + _LINE * (len(purpose) + 1) + chips + _PAD
    return _Box(name, _GAP + first * (_COLUMN + _GAP), top, width, height, purpose, columns, arrows)


def _purpose_of(layer: str) -> str:
    """The first sentence of the layer's own docstring."""
    places = (ROOT / "nano_banana_addon" / layer / "__init__.py", ROOT / layer / "__init__.py")
    path = next((p for p in places if p.is_file()), ROOT / "nano_banana_addon" / f"{layer}.py")
    return " ".join((ast.get_docstring(parse(path)) or "").split("\n\n")[0].split())


def _draw_box(box: _Box) -> Iterator[str]:
    yield (
        f'<rect x="{box.left:g}" y="{box.top:g}" width="{box.width:g}" height="{box.height:g}" rx="6" fill="#eef3f8"'
        ' stroke="#345"/>'
    )
    x, y = box.left + _PAD, box.top + _PAD + 11
    yield f'<text x="{x:g}" y="{y:g}" font-size="15" font-weight="bold">{escape(box.name)}</text>'
    for number, line in enumerate(box.purpose, start=1):
        yield _draw_text(x, y + number * _LINE, line)
    yield from _draw_chips(box, y + len(box.purpose) * _LINE + 8)


def _draw_chips(box: _Box, top: float) -> Iterator[str]:
    """The folders of a layer: those that import on the left, those that are imported on the right."""
    free = box.width - 2 * _PAD - _CHIP_WIDTH
    step = free / (len(box.columns) - 1) if len(box.columns) > 1 else 0
    places: dict[str, tuple[float, float]] = {
        name: (box.left + _PAD + step * column, top + row * (_CHIP + _CHIP_GAP))
        for column, names in enumerate(box.columns)
        for row, name in enumerate(names)
    }
    arrows = box.arrows if box.columns else {}
    for name, targets in arrows.items():
        x, y = places[name]
        for target in sorted(targets):
            to_x, to_y = places[target]
            yield _draw_line(x + _CHIP_WIDTH, y + _CHIP / 2, to_x - 1, to_y + _CHIP / 2)
    for name, (x, y) in places.items():
        yield f'<rect x="{x:g}" y="{y:g}" width="{_CHIP_WIDTH}" height="{_CHIP}" rx="4" fill="#fff" stroke="#789"/>'
        x += _CHIP_WIDTH / 2
        yield f'<text x="{x:g}" y="{y + 15:g}" font-size="12" text-anchor="middle">{escape(name)}</text>'


def _draw_arrow(source: _Box, target: _Box) -> str:
    """Straight down through what the two have in common of the width."""
    left = max(source.left, target.left)
    right = min(source.left + source.width, target.left + target.width)
    x = (left + right) / 2
    return _draw_line(x, source.top + source.height, x, target.top - 1)


def _draw_line(x: float, y: float, to_x: float, to_y: float) -> str:
    return (
        f'<path d="M{x:.1f} {y:.1f}L{to_x:.1f} {to_y:.1f}" stroke="#345" stroke-width="1.5" fill="none"'
        ' marker-end="url(#end)"/>'
    )


def _draw_text(x: float, y: float, text: str) -> str:
    return f'<text x="{x:g}" y="{y:g}" font-size="12" fill="#345">{escape(text)}</text>'
