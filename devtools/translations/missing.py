# SPDX-License-Identifier: GPL-3.0-or-later
"""`python3 dev.py script devtools/translations/missing.py`: what has no translation yet, by language, as JSON."""

from __future__ import annotations

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from devtools.translations.check import find_missing, find_unused
from devtools.translations.collect import collect


def main() -> None:
    """Print the missing texts of each language; with `--all` all texts, with `--unused` entries that nothing shows."""
    texts = collect()
    found: object = find_missing(texts)
    if "--all" in sys.argv:
        found = texts
    elif "--unused" in sys.argv:
        found = find_unused(texts)
    print(json.dumps(found, ensure_ascii=False, indent=1))


main()
