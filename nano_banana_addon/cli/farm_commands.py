# SPDX-License-Identifier: GPL-3.0-or-later
"""The commands `capture`, `farm`, `generate` and `deliver`: requests that other machines carry out."""

from __future__ import annotations

import argparse
from pathlib import Path

from ..blender.host import online
from ..core import cost
from ..features.farm import requests, results, schedulers
from ..features.generation import duplicates
from ..features.generation.request_builder import Order
from . import generate_command, output


def write_capture(options: argparse.Namespace, order: Order) -> int:
    """Write the requests of an order into the job folder."""
    duplicates.check_budget(order.estimate, options.budget)
    variants = options.captured == "restyle"
    job = requests.write_folder(order, Path(options.folder), budget=options.budget, variants=variants)
    estimate, count = sum(job.prices), len(job.requests)
    output.write_json(options.json, {"folder": str(job.folder), "items": count, "estimate_usd": estimate})
    for note in order.notes:
        output.say(note)
    output.say(f"{job.folder}  {count} items  {cost.format_dollars(estimate)}")
    return output.EXIT_DONE


def farm(options: argparse.Namespace) -> int:
    """Write what schedulers need."""
    for path in schedulers.write_files(Path(options.folder), options.chunk):
        output.say(str(path))
    return output.EXIT_DONE


def generate(options: argparse.Namespace) -> int:
    """Generate items of a job folder; Blender's switch for online access holds."""
    return generate_command.generate(options, online.require_online)


def deliver(options: argparse.Namespace) -> int:
    """Put the results into the file and the history; some that are missing count as a failure."""
    result = results.deliver(Path(options.folder))
    status = output.report_results(options.json, result.generations, "", result.notes)
    for note in result.notes:
        output.say(note)
    if result.missing:
        output.say(f"{result.missing} items have no result yet: generate them, then deliver again.")
    return max(status, output.EXIT_FAILED if result.missing else output.EXIT_DONE)
