# SPDX-License-Identifier: GPL-3.0-or-later
"""A result over the render, in the compositor."""

from __future__ import annotations

from contextlib import ExitStack

import bpy

from ...core.request import GenerationRequest
from ..capture.sources import CaptureSource
from . import cutout, recipients
from .compositor import compositor
from .compositor.colour import require_spaces
from .compositor.lost_colours import describe_lost_colours
from .datablocks.delivery_context import DeliveryContext
from .datablocks.delivery_report import DeliveryLog


def check(request: GenerationRequest, context: bpy.types.Context, _source: CaptureSource) -> None:
    """Raise `InputError` for a scene or a compositor that is linked, or a colour configuration that lacks spaces."""
    compositor.require_editable(recipients.resolve_scene(request, context))
    require_spaces()


def apply(delivery: DeliveryContext, log: DeliveryLog, undo: ExitStack) -> None:
    """Show the image in the scene's compositor, cut out where the capture was transparent."""
    show(delivery, log, undo, as_layer=False)


def show(delivery: DeliveryContext, log: DeliveryLog, undo: ExitStack, *, as_layer: bool) -> None:
    """The same, in a layer of its own if `as_layer`."""
    scene = recipients.resolve_scene(delivery.request, delivery.context)
    window, mask = recipients.find_window(delivery, scene, log), cutout.load_mask_image(delivery.generation)
    line = delivery.request.continues
    compositor.apply(delivery.image, window, scene, log, undo, mask, as_layer=as_layer, continues=line)
    log.add_note(describe_lost_colours(scene, delivery.generation.thumbnail))


def remove_all() -> int:
    """Restore the compositors of the open file."""
    count = 0
    for scene in bpy.data.scenes:
        if scene.library is None and compositor.group_node(scene) is not None:
            compositor.remove(scene)
            count += 1
    return count
