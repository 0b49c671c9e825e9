# SPDX-License-Identifier: GPL-3.0-or-later
"""A job type of Flamenco 3: a script for its Manager, which makes tasks of the items of a job folder."""

from __future__ import annotations

import json

from ...identity import DISPLAY_NAME
from .open_job import COMMAND

#: The file's name is the job type's.
NAME = "nano-banana-generate.js"

_SCRIPT = """\
// SPDX-License-Identifier: GPL-3.0-or-later
// Goes into the folder `scripts` of the Flamenco Manager. The key comes from each worker's environment.

const JOB_TYPE = {
  label: %(label)s,
  description: "Generate the items of a job folder",
  settings: [
    { key: "job_folder", type: "string", subtype: "dir_path", required: true,
      description: "The job folder, on the shared storage" },
    { key: "items", type: "string", required: true, default: %(items)s,
      description: "Items to generate, such as 0-199" },
    { key: "chunk_size", type: "int32", default: %(chunk)d, description: "Items that one task generates",
      visible: "submission" },
  ],
};

function compileJob(job) {
  const settings = job.settings;
  for (const items of frameChunker(settings.items, settings.chunk_size)) {
    const task = author.Task("generate-" + items, "blender");
    task.addCommand(author.Command("exec", {
      exe: "{blender}",
      args: %(command)s.concat([settings.job_folder, "--items", items]),
    }));
    job.addTask(task);
  }
}
"""


def build_script(items: int, chunk: int) -> str:
    """The script, whose settings begin with so many items, `chunk` of them to a task."""
    values = {"label": f"{DISPLAY_NAME}: Generate", "items": f"0-{items - 1}", "command": list(COMMAND)}
    return _SCRIPT % {**{key: json.dumps(value) for key, value in values.items()}, "chunk": chunk}
