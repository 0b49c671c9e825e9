# SPDX-License-Identifier: GPL-3.0-or-later
"""The code blocks of CONTRIBUTING's guides, put where their first lines say that they belong."""

from __future__ import annotations

import re
import textwrap
from dataclasses import dataclass
from pathlib import Path

from tests.support.source import ROOT

_LICENCE = "# SPDX-License-Identifier: GPL-3.0-or-later\n"
_BLOCK = re.compile(
    r"```python\n# (?P<path>\S+\.py)(?:, (?P<place>[^`\n]+)`(?P<anchor>[^`]+)`)?\n(?P<code>.*?)```", re.DOTALL
)


@dataclass(frozen=True)
class Addition:
    """One block. Without a place it is a new file."""

    path: str
    place: str
    anchor: str
    code: str

    def apply(self, root: Path) -> None:
        """Write it into a copy of the add-on."""
        path = root / self.path
        if not self.place:
            assert not path.exists(), f"{self.path} is there already"
            path.write_text(_LICENCE + self.code, encoding="utf-8")
            return
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
        index, indent = self._find(lines)
        lines.insert(index, textwrap.indent(self.code, indent))
        path.write_text("".join(lines), encoding="utf-8")

    def _find(self, lines: list[str]) -> tuple[int, str]:
        """The index of the line that the block goes before, and its indentation."""
        if self.place.startswith("before"):
            (index,) = (i for i, line in enumerate(lines) if line.startswith(self.anchor))
            return index, re.match(r" *", self.anchor)[0]
        (start,) = (i for i, line in enumerate(lines) if re.match(rf"{self.anchor}\b.*= \($", line))
        return next(i for i, line in enumerate(lines) if i > start and line == ")\n"), "    "


def read_guide(title: str) -> list[Addition]:
    """The blocks of one guide, by its heading."""
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    section = text.partition(f"\n### {title}\n")[2].partition("\n##")[0]
    return [Addition(m["path"], m["place"] or "", m["anchor"] or "", m["code"]) for m in _BLOCK.finditer(section)]
