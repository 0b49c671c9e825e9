# SPDX-License-Identifier: GPL-3.0-or-later
"""What `farm` writes, taken by openjd, by deadline, and by a JavaScript engine in place of Flamenco's."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from nano_banana_addon.core.errors import InputError
from nano_banana_addon.features.farm import flamenco, schedulers
from tests.support.schedulers import PYTHON, needs_tools, run, run_chunk, write_blender

from .conftest import KEY, Farm

pytestmark = needs_tools


#: The functions that Flamenco's Manager gives to its scripts, and the tasks that come of one job.
_MANAGER = """
const author = {
  Task: (name, type) => ({ name, type, commands: [], addCommand(command) { this.commands.push(command); } }),
  Command: (name, parameters) => ({ name, parameters }),
};
function frameChunker(range, size) {
  const [first, last] = range.split("-").map(Number), chunks = [];
  for (let n = first; n <= last; n += size) chunks.push(n + "-" + Math.min(n + size - 1, last));
  return chunks;
}
function compile(settings) {
  const tasks = [];
  compileJob({ settings, addTask: (task) => tasks.push(task) });
  return JSON.stringify({ type: JOB_TYPE, tasks });
}
"""


def test_openjd_accepts_the_template_and_divides_it_into_chunks(farm: Farm) -> None:
    farm.write(*(f"shot {n}" for n in range(23)))
    schedulers.write_files(farm.folder, 5)
    template = str(farm.folder / "template.json")
    assert "passes validation" in run("openjd", "check", template)
    summary = json.loads(run("openjd", "summary", template, "--output", "json"))
    (step,) = summary["steps"]
    (parameter,) = step["parameter_definitions"]
    assert (step["name"], parameter["type"]) == ("Generate", "CHUNK[INT]")


@pytest.mark.skipif(sys.platform == "win32", reason="the command in place of Blender is a shell script")
def test_openjd_runs_two_chunks_on_two_workers_each_item_once(farm: Farm, tmp_path: Path) -> None:
    farm.write(*(f"shot {n}" for n in range(8)))
    schedulers.write_files(farm.folder, 4)
    blender = write_blender(tmp_path)
    workers = [run_chunk(farm.folder, items, blender, farm.environment) for items in ("0-3", "4-7")]
    said = [worker.communicate(timeout=120)[0] for worker in workers]
    assert [worker.returncode for worker in workers] == [0, 0], said
    assert sorted(farm.asked) == [f"shot {n}" for n in range(8)]
    assert farm.states() == ["DONE"] * 8


def test_deadline_reads_the_bundle_and_finds_the_folder_in_it(farm: Farm, tmp_path: Path) -> None:
    farm.write("shot 0", "shot 1")
    schedulers.write_files(farm.folder, 10)
    code = (
        "import json, sys\n"
        "from deadline.client.job_bundle import loader, parameters, submission\n"
        "folder = sys.argv[1]\n"
        "loader.validate_directory_symlink_containment(folder)\n"
        "found = parameters.read_job_bundle_parameters(folder)\n"
        "assets = loader.read_yaml_or_json_object(folder, 'asset_references', required=True)\n"
        "submission.AssetReferences.from_dict(assets)\n"
        "app, job = submission.split_parameter_args(found, folder)\n"
        "print(json.dumps({p['name']: p.get('value', p.get('default')) for p in found}))\n"
    )
    values = json.loads(run(PYTHON.name, "-c", code, str(farm.folder), home=str(tmp_path)))
    assert values == {"JobFolder": str(farm.folder), "Items": "0-1", "ItemsPerTask": 10, "Blender": "blender"}
    said = run("deadline", "bundle", "info", str(farm.folder), home=str(tmp_path))
    assert "Generate" in said


def test_flamenco_makes_a_task_of_each_chunk(farm: Farm, tmp_path: Path) -> None:
    farm.write(*(f"shot {n}" for n in range(23)))
    schedulers.write_files(farm.folder, 10)
    script = (farm.folder / flamenco.NAME).read_text()
    # The engine hangs now and then while Python takes it down, after all is said.
    code = (
        "import os, sys, py_mini_racer as m; e = m.MiniRacer(); e.eval(sys.argv[1]);"
        " print(e.eval(sys.argv[2]), flush=True); os._exit(0)"
    )
    settings = {"job_folder": '/farm/it\'s a "job"', "items": "0-22", "chunk_size": 10}
    said = run(PYTHON.name, "-c", code, _MANAGER + script, f"compile({json.dumps(settings)})", home=str(tmp_path))
    made: dict[str, Any] = json.loads(said)
    defaults = {each["key"]: each.get("default") for each in made["type"]["settings"]}
    assert defaults == {"job_folder": None, "items": "0-22", "chunk_size": 10}
    assert [task["name"] for task in made["tasks"]] == ["generate-0-9", "generate-10-19", "generate-20-22"]
    (command,) = made["tasks"][2]["commands"]
    assert (command["name"], command["parameters"]["exe"]) == ("exec", "{blender}")
    words = command["parameters"]["args"]
    assert words == [*words[:5], settings["job_folder"], "--items", "20-22"]
    assert words[:5] == ["--online-mode", "--background", "--command", "nano_banana", "generate"]


def test_what_is_written_names_neither_keys_nor_places_of_this_machine(farm: Farm, tmp_path: Path) -> None:
    farm.write("shot 0")
    texts = [path.read_text() for path in schedulers.write_files(farm.folder, 10)]
    assert not [text for text in texts if KEY in text or str(tmp_path) in text or "_KEY" in text]


def test_a_folder_without_a_job_gets_no_files(farm: Farm) -> None:
    farm.folder.mkdir()
    with pytest.raises(InputError, match="job folder"):
        schedulers.write_files(farm.folder, 10)
    assert list(farm.folder.iterdir()) == []
