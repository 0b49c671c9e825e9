# SPDX-License-Identifier: GPL-3.0-or-later
"""Builds the manual in the environment `manual`."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from devtools.paths import BUILD, ROOT

FOLDER = BUILD / "manual"
SETTINGS = ROOT / "mkdocs.yml"


def build(python: Path, folder: Path = FOLDER, settings: Path = SETTINGS) -> subprocess.CompletedProcess[str]:
    """Write the pages into a folder. `python` is that of the environment `manual`.

    MkDocs' status is 0 only where no link, anchor or image is missing and the navigation names every page; standard
    output then says what is wrong.
    """
    # The theme's notice of its successor is no warning about the pages.
    environment = os.environ | {"NO_MKDOCS_2_WARNING": "1", "NO_COLOR": "1"}
    command = [str(python), "-m", "mkdocs", "build", "--strict"]
    command += ["--config-file", str(settings), "--site-dir", str(folder)]
    how = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "encoding": "utf-8", "errors": "replace"}
    done = subprocess.run(command, cwd=ROOT, env=environment, check=False, **how)
    # `--quiet` would do the same, but with it MkDocs counts no warning.
    done.stdout = "".join(line for line in done.stdout.splitlines(keepends=True) if not line.startswith("INFO"))
    return done
