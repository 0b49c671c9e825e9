# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs one benchmark in this process, prints its table and appends its rows to a file."""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path

from .support.rows import Row, format_rows


def main(argv: list[str]) -> int:
    """NAME FILE ARGUMENT …: 0 when all is held that is to be held, 1 otherwise."""
    name, path, *arguments = argv
    rows: list[Row] = importlib.import_module(f"devtools.bench.{name}").measure(arguments)
    print(format_rows(f"bench {name}", rows), flush=True)
    with Path(path).open("a", encoding="utf-8") as stream:
        for row in rows:
            stream.write(json.dumps({"bench": name} | row.to_json()) + "\n")
    return 1 if any(row.ok is False for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
