# SPDX-License-Identifier: GPL-3.0-or-later
"""What the command `material` pays for once a material is there, and how it tells of one."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import bpy

from ..blender.deliver.datablocks import ownership_tags
from ..blender.deliver.pbr import pbr_material
from ..blender.host import folders
from ..core.files import convert_disk_errors, copy_whole
from ..core.material.values import SEAM, MaterialSet
from ..core.material_settings import MaterialSettings, compute_density, describe, describe_size
from ..core.result import Generation
from ..core.serial import to_plain
from ..core.text import result_object
from ..features.edit import masked_edit
from ..features.generation import duplicates
from ..features.generation.request_builder import Order
from ..features.material import cross, panel_maps
from ..session import apply_result
from ..storage.files import material_files
from . import choices, dry_run, output

Step = Callable[[bpy.types.Material, argparse.Namespace], Order]


def run(material: bpy.types.Material, options: argparse.Namespace, spent: float) -> int:
    """Carry out the steps that were asked for; the exit status. `spent` dollars of the budget are gone."""
    statuses = [output.EXIT_DONE]
    for step in _list_steps(material, options):
        order = step(material, options)
        if options.dry_run:
            statuses.append(dry_run.report(options, order))
            continue
        limit = None if options.budget is None else options.budget - spent
        on_change = output.ProgressLines()
        ended, reused = duplicates.run(_pack(order, options), on_change, force_new=options.again, limit=limit)
        statuses.append(output.find_worst_status(ended))
        spent += sum(each.cost_usd or 0.0 for each in ended if each.id not in reused)
        plain = result_object.to_json(ended[0], []) | {"reused": ended[0].id in reused}
        if ended[0].picture is None:
            output.write_json(options.json, plain)
            output.say(f"{ended[0].id}  {plain['error']['message'] if plain['error'] else ended[0].state.value}")
            break
        material = _tell_step(ended[0], options, plain)
    return max(statuses)


def tell(
    material: bpy.types.Material,
    maps: MaterialSet,
    settings: MaterialSettings,
    options: argparse.Namespace,
    plain: dict[str, Any],
    notes: Sequence[str] = (),
) -> None:
    """Write what a material is, as text and as JSON, beside what is known of its image; and its files, if wanted."""
    files = {key: path for key, path in maps.files.items() if key != SEAM}
    files = _copy(files, options.out) if options.out else files
    found = {
        "state": "DONE",
        "material": material.name,
        "files": files,
        "width": maps.size[0],
        "height": maps.size[1],
        "size_m": settings.size_m,
        "pixels_per_metre": round(compute_density(maps, settings.size_m), 1),
        "report": to_plain(maps.report),
        "notes": list(notes),
    }
    output.write_json(options.json, plain | found)
    lines = dict.fromkeys((describe_size(maps, settings.size_m), *describe(maps.report), *notes))
    output.say("\n".join((f"{material.name}  {options.out or Path(next(iter(files.values()))).parent}", *lines)))


def _list_steps(material: bpy.types.Material, options: argparse.Namespace) -> list[Step]:
    steps: list[Step] = []
    is_seen = float(ownership_tags.get_fact(material, "excess", 0.0)) > 1
    if options.repair_seam == "always" or (options.repair_seam and is_seen):
        steps.append(_order_cross)
    elif options.repair_seam:
        output.say("The seam needs no repair: nothing was sent.")
    return steps + [_order_maps] * bool(options.generate_maps)


def _order_maps(material: bpy.types.Material, options: argparse.Namespace) -> Order:
    settings = choices.read_settings(options)
    return panel_maps.prepare(bpy.context, settings, material, base_url=options.base_url, dry_run=options.dry_run)


def _order_cross(material: bpy.types.Material, options: argparse.Namespace) -> Order:
    settings = choices.read_settings(options)
    return masked_edit.cut(
        cross.read(bpy.context, settings, material, base_url=options.base_url, dry_run=options.dry_run)
    )


def _pack(order: Order, options: argparse.Namespace) -> Order:
    """The order for a file that is saved as an asset library: with all that it needs."""
    if not options.save:
        return order
    packed = (replace(each, delivery=replace(each.delivery, pack=True)) for each in order.requests)
    return replace(order, requests=tuple(packed))


def _tell_step(generation: Generation, options: argparse.Namespace, plain: dict[str, Any]) -> bpy.types.Material:
    """Tell of the material that a result was delivered as. Raises `NanoBananaError` where it could not be."""
    delivery, sha256 = generation.request.delivery, generation.picture.sha256 if generation.picture else ""
    folder = material_files.find_maps(folders.home(), sha256, delivery)
    sha256 = delivery.maps_of.sha256 if delivery.maps_of else sha256
    notes: Sequence[str] = ()
    if pbr_material.find_by_image(sha256) is None:
        notes = apply_result.apply_result(generation, delivery.kinds).notes
    material, maps = pbr_material.find_by_image(sha256), material_files.read_record(folder)
    if material is None or maps is None:
        raise RuntimeError("a material that was delivered is not there")
    tell(material, maps, pbr_material.read_choices(material) or MaterialSettings(), options, plain, notes)
    return material


def _copy(files: dict[str, str], folder: str) -> dict[str, str]:
    copied: dict[str, str] = {}
    for name, path in files.items():
        target = Path(folder).resolve() / Path(path).name
        with convert_disk_errors(f"{target.name} cannot be copied to {folder}", f"It remains in {path}."):
            copy_whole(Path(path), target, durable=False)
        copied[name] = str(target)
    return copied
