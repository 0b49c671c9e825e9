# SPDX-License-Identifier: GPL-3.0-or-later
"""The command `material`: a PBR material of an image, or of words; its maps as files."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import bpy

from ..blender.deliver.pbr import catalog
from ..core.errors import InputError
from ..core.material_settings import MATERIAL_OPTIONS, MaterialSettings
from ..core.result import Generation
from ..core.text import result_object
from ..features.conversation import continuation
from ..features.generation import duplicates
from ..features.generation.request_builder import Order
from ..features.history import lookup
from ..features.material import choices as material_choices
from ..features.material import from_image, generate, library_list, region
from . import choices, material_steps, output


def check(options: argparse.Namespace) -> None:
    """Raise `InputError`, before anything is made, for options that do not go together."""
    if options.listing:
        library_list.require_support()
        if not options.save:
            raise InputError("There is no library to list.", next_step="Pass --save library/NAME.blend as well.")


def is_free(options: argparse.Namespace) -> bool:
    """Whether a material is made of an image that is there."""
    return not (options.prompt or options.prompt_file)


def make(options: argparse.Namespace) -> int:
    """Make a material of an image, free."""
    if options.result:
        return _make_one(lookup.find(continuation.resolve_id(options.result)), options, {})
    if not options.image:
        raise InputError("There is no image.", next_step="Pass --image, --result, or --prompt to generate one.")
    return _make_one(choices.find_image(options.image), options, {})


def prepare(options: argparse.Namespace) -> Order:
    """The order for the image of a surface. Raises `NanoBananaError` with what to change."""
    settings, image = choices.read_settings(options), _find_shown(options)
    return generate.prepare(
        bpy.context,
        generate.choose_settings(settings, settings.prompt, image is not None),
        _read_settings(options),
        settings.prompt,
        shown=generate.cut_reference(image, _read_box(options)) if image else None,
        base_url=options.base_url,
        reference_override=choices.read_references(options),
        dry_run=options.dry_run,
    )


def run(order: Order, options: argparse.Namespace) -> int:
    """Generate, and make a material of each image."""
    on_change = output.ProgressLines()
    ended, reused = duplicates.run(order, on_change, force_new=options.again, limit=options.budget)
    statuses = [output.find_worst_status(ended)]
    for generation in ended:
        plain = result_object.to_json(generation, []) | {"reused": generation.id in reused}
        if generation.picture is None:
            output.write_json(options.json, plain)
            output.say(f"{generation.id}  {plain['error']['message'] if plain['error'] else generation.state.value}")
        else:
            statuses.append(_make_one(generation, options, plain))
    return max(statuses)


def finish_library(options: argparse.Namespace) -> None:
    """Make the folder of the saved file ready as an asset library. Raises `NanoBananaError`."""
    path = Path(options.save).resolve()
    catalog.write(path.parent)
    if options.listing:
        folder = library_list.choose_folder(path)
        library_list.write(folder)
        output.say(f"The listing of the asset library {folder} was written.")


def _find_shown(options: argparse.Namespace) -> bpy.types.Image | None:
    if not options.image:
        return None
    image = choices.find_image(options.image)
    return bpy.data.images.load(str(image)) if isinstance(image, Path) else image


def _read_box(options: argparse.Namespace) -> region.Box | None:
    return tuple(options.box) if options.box else None


def _read_settings(options: argparse.Namespace) -> MaterialSettings:
    """The scene's choices, overridden by the arguments. Objects that are named are selected."""
    names = options.object or []
    if missing := [name for name in names if name not in bpy.context.view_layer.objects]:
        raise InputError(f"There is no object {missing[0]!r} in the scene.", next_step="Check the name's spelling.")
    for obj in bpy.context.view_layer.objects:
        obj.select_set(obj.name in names)
    given = {key: getattr(options, key) for key in MATERIAL_OPTIONS if getattr(options, key, None) is not None}
    for name, value in given.items():
        row = MATERIAL_OPTIONS[name]
        if row.maximum is not None and not (row.minimum or 0) <= value <= row.maximum:
            raise InputError(f"{row.flag} is {value:g}.", next_step=f"Use {row.minimum:g} to {row.maximum:g}.")
    base = material_choices.material_settings_of(bpy.context.scene)
    # The maps are ordered here, when the material is there, and waited for.
    return base.replace_choices({**given, "on_objects": bool(names), "generate_maps": False})


def _make_one(image: bpy.types.Image | Path | Generation, options: argparse.Namespace, plain: dict[str, Any]) -> int:
    settings = _read_settings(options)
    draft = from_image.read(bpy.context, image, settings, _read_box(options) if is_free(options) else None)
    if options.save:  # for an asset library: with all that it needs
        packed = replace(draft.request.delivery, pack=True)
        draft = replace(draft, request=replace(draft.request, delivery=packed))
    maps, report = from_image.run(bpy.context, draft, _say_progress())
    material = bpy.data.materials[report.delivered[0]]
    material_steps.tell(material, maps, settings, options, plain, report.notes)
    spent = 0.0 if plain.get("reused") else float(plain.get("cost_usd") or 0.0)
    return material_steps.run(material, options, spent)


def _say_progress() -> Callable[[float], None]:
    said: list[int] = [-1]

    def say(fraction: float) -> None:
        if (tenths := int(fraction * 10)) > said[0]:
            said[0] = tenths
            output.say(f"maps  {fraction:.0%}")

    return say
