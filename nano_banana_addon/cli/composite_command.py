# SPDX-License-Identifier: GPL-3.0-or-later
"""The command `composite`: an image as a layer of the compositor, with masks; render, or save the file."""

from __future__ import annotations

import argparse
from pathlib import Path

import bpy

from ..core.constants import DeliveryKind
from ..core.errors import InputError
from ..features import layers
from ..features.conversation import continuation
from ..features.history import lookup
from ..session import apply_result
from . import choices, output

_NAMED = {"object": "OBJECT", "asset": "ASSET", "material": "MATERIAL", "image": "IMAGE"}
_RANGES = {"depth": "DEPTH", "mist": "MIST", "frames": "FRAMES", "wipe": "WIPE"}


def composite(options: argparse.Namespace) -> int:
    """Add a layer or refresh those that are there, then render or save."""
    if options.frame is not None:
        bpy.context.scene.frame_set(options.frame)
    given = [layers.MaskChoice(**_parse_mask(text)) for text in options.mask]  # before anything is changed
    notes: list[str] = []
    name = _add_layer(options, notes)
    if name:
        notes += layers.set_up(bpy.context, name, options.blend, options.opacity, options.invert, given)
    notes += [note for note in layers.refresh(bpy.context.scene) if note not in notes]
    files = [str(layers.write(bpy.context.scene, Path(path))) for path in options.out]
    for note in notes:
        output.say(note)
    shown = [layer.title for layer in layers.list_layers(bpy.context.scene)]
    output.write_json(options.json, {"state": "DONE", "layer": name, "layers": shown, "files": files, "notes": notes})
    output.say(f"Layers, the upper ones first: {', '.join(shown)}")
    return output.EXIT_DONE


def _add_layer(options: argparse.Namespace, notes: list[str]) -> str:
    """The node's name of the new layer, or "" where only what is there is refreshed."""
    if options.image:
        image = choices.find_image(options.image, allow_sequence=True)
        return layers.add_image(bpy.context.scene, image, notes)
    if options.result:
        generation = lookup.retarget_to_selection(bpy.context, continuation.resolve_id(options.result))
        report = apply_result.apply_result(generation, (DeliveryKind.COMPOSITOR_LAYER,))
        notes += report.notes
        return layers.list_layers(bpy.context.scene)[0].node.name
    if options.mask:
        raise InputError("There is no layer for the mask.", next_step="Name an image with --image or --result.")
    return ""


def _parse_mask(text: str) -> dict[str, object]:
    """Parse [+][!]KIND[:VALUE]: "+" adds to the masks before, "!" inverts."""
    adds, rest = text.startswith("+"), text.removeprefix("+")
    inverts, rest = rest.startswith("!"), rest.removeprefix("!")
    kind, _colon, value = rest.partition(":")
    plain: dict[str, object] = {"adds": adds, "inverts": inverts}
    if kind in _NAMED and value:
        blocks = [choices.find_image(value, allow_sequence=True)] if kind == "image" else _find_blocks(kind, value)
        return plain | {"kind": _NAMED[kind], "blocks": blocks}
    if kind in _RANGES and value:
        return plain | {"kind": _RANGES[kind], "values": _parse_range(text, value)}
    if kind == "alpha" and not value:
        return plain | {"kind": "ALPHA"}
    raise _refuse(text)


def _find_blocks(kind: str, value: str) -> list[bpy.types.ID]:
    """The objects or materials of names with commas between them."""
    present = bpy.data.materials if kind == "material" else bpy.context.scene.objects
    names = [name.strip() for name in value.split(",")]
    if missing := [name for name in names if name not in present]:
        raise InputError(f"There is no {kind} {missing[0]!r} in the scene.", next_step="Check the name's spelling.")
    blocks = [present[name] for name in names]
    return [layers.find_root(block) for block in blocks] if kind == "asset" else blocks


def _parse_range(text: str, value: str) -> tuple[float, ...]:
    """Parse NEAR-FAR[~SOFTNESS]."""
    ends, _tilde, softness = value.partition("~")
    near, _dash, far = ends.partition("-")
    try:
        values = (float(near), float(far), float(softness or 0))
    except ValueError:
        raise _refuse(text) from None
    if not (0 <= values[0] <= values[1] < float("inf") and 0 <= values[2] < float("inf")):
        raise _refuse(text)
    return values


def _refuse(text: str) -> InputError:
    return InputError(
        f"The mask {text!r} is not one.",
        next_step="Use object:NAME, material:NAME, asset:NAME, image:FILE, alpha, or depth:, mist:, frames: or"
        " wipe:FROM-TO, with ~SOFTNESS after it.",
    )
