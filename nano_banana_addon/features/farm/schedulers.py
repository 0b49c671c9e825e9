# SPDX-License-Identifier: GPL-3.0-or-later
"""What schedulers of render farms need, written into a job folder."""

from __future__ import annotations

import json
from pathlib import Path

from ...core.files import write_whole
from ...storage import job_folder
from ...storage.files.layout import convert_home_errors
from . import flamenco, open_job


def write_files(folder: Path, chunk: int) -> list[Path]:
    """Write the bundle of Open Job Description and the job type of Flamenco; returns their paths.

    Raises `InputError` for a folder without a job, DISK.
    """
    job = job_folder.read(folder)
    count = len(job.requests)
    bundle = open_job.build_bundle(job.folder.name, count, chunk)
    texts = {name: json.dumps(content, indent=2) + "\n" for name, content in bundle.items()}
    texts[flamenco.NAME] = flamenco.build_script(count, chunk)
    with convert_home_errors(job.folder):
        for name, text in texts.items():
            write_whole(job.folder / name, lambda file, text=text: file.write(text.encode()), private=False)
    return [job.folder / name for name in texts]
