# SPDX-License-Identifier: GPL-3.0-or-later
"""A job folder as a job bundle of Open Job Description (2023-09), which AWS Deadline Cloud runs."""

from __future__ import annotations

from typing import Any

from ...identity import DISPLAY_NAME, EXTENSION_ID

#: How a worker generates some items; the folder and the items are added. It gets its key from its environment.
COMMAND = ("--online-mode", "--background", "--command", EXTENSION_ID, "generate")
_MAX_NAME = 60


def build_bundle(name: str, items: int, chunk: int) -> dict[str, Any]:
    """The files of a bundle by their names, for a folder of so many items, `chunk` of them to a task.

    The folder itself is the bundle, so that it names no place of a machine.
    """
    title = "".join(c for c in name if c.isascii() and (c.isalnum() or c in "-_. "))[:_MAX_NAME]
    values = {"Items": f"0-{items - 1}", "ItemsPerTask": chunk}
    return {
        "template.json": {
            "specificationVersion": "jobtemplate-2023-09",
            "extensions": ["TASK_CHUNKING"],
            "name": f"{DISPLAY_NAME} {title}".strip(),
            "parameterDefinitions": _define_parameters(values),
            "steps": [_define_step()],
        },
        "parameter_values.json": {
            "parameterValues": [{"name": key, "value": value} for key, value in values.items()],
        },
        "asset_references.json": {
            "assetReferences": {
                "inputs": {"filenames": [], "directories": []},
                "outputs": {"directories": []},
                "referencedPaths": [],
            }
        },
    }


def _define_parameters(values: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {
            "name": "JobFolder",
            "type": "PATH",
            "objectType": "DIRECTORY",
            "dataFlow": "INOUT",
            "default": ".",
            "description": "The job folder, on a drive that all workers share.",
        },
        {
            "name": "Items",
            "type": "STRING",
            "default": values["Items"],
            "description": "Numbers of the items to generate.",
        },
        {
            "name": "ItemsPerTask",
            "type": "INT",
            "minValue": 1,
            "default": values["ItemsPerTask"],
            "description": "Items that one task generates.",
        },
        {
            "name": "Blender",
            "type": "STRING",
            "default": "blender",
            "description": "The command that starts a Blender with this extension.",
        },
    ]


def _define_step() -> dict[str, Any]:
    items = {
        "name": "Item",
        "type": "CHUNK[INT]",
        "range": "{{Param.Items}}",
        "chunks": {"defaultTaskCount": "{{Param.ItemsPerTask}}", "rangeConstraint": "CONTIGUOUS"},
    }
    run = {
        "command": "{{Param.Blender}}",
        "args": [*COMMAND, "{{Param.JobFolder}}", "--items", "{{Task.Param.Item}}"],
        "cancelation": {"mode": "NOTIFY_THEN_TERMINATE"},
    }
    return {
        "name": "Generate",
        "parameterSpace": {"taskParameterDefinitions": [items]},
        "hostRequirements": {"amounts": [{"name": "amount.worker.vcpu", "min": 1}]},
        "script": {"actions": {"onRun": run}},
    }
