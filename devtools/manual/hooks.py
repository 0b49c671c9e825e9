# SPDX-License-Identifier: GPL-3.0-or-later
"""What mkdocs.yml has MkDocs do: add the pages that are made from the code, each time the manual is built."""

from __future__ import annotations

from typing import Any

from mkdocs.structure.files import File

from devtools.manual import assistants, command_line, operators, privacy, settings

_PAGES = {
    "privacy.md": privacy.draw_page,
    "reference/command-line.md": command_line.draw_page,
    "reference/assistants.md": assistants.draw_page,
    "reference/settings.md": settings.draw_page,
    "reference/operators.md": operators.draw_page,
}


def on_files(files: Any, config: Any) -> None:
    """Add them."""
    for path, draw_page in _PAGES.items():
        files.append(File.generated(config, path, content=draw_page()))
