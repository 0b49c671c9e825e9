# SPDX-License-Identifier: GPL-3.0-or-later
"""The manual's page on privacy: what README.md and SECURITY.md say, so that it is said once."""

from __future__ import annotations

import re

from devtools.paths import ROOT


def draw_page() -> str:
    """The page in Markdown, its links meant from docs/. Raises ValueError where a section is no longer there."""
    text = f"# Privacy and security\n\n{_find_section('README.md', 'Privacy')}"
    text += f"\n\n## The key\n\n{_find_section('README.md', 'The key')}"
    for title in ("What is protected", "Report"):
        text += f"\n\n## {title}\n\n{_find_section('SECURITY.md', title)}"
    return text.replace("](docs/", "](") + "\n"


def _find_section(name: str, title: str) -> str:
    match = re.search(rf"^## {title}\n(.*?)(?=^## |\Z)", (ROOT / name).read_text("utf-8"), re.DOTALL | re.MULTILINE)
    if match is None:
        raise ValueError(f"{name} has no section {title!r}, which the manual shows")
    return match[1].strip()
