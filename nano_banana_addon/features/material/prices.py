# SPDX-License-Identifier: GPL-3.0-or-later
"""What generating a material, its maps, or the edges of its tile costs. Cheap enough for draw()."""

from __future__ import annotations

from typing import TYPE_CHECKING

import bpy

from ...core.cost import Payment
from ...identity import SCENE_PROPERTY
from ..edit import marks
from ..generation import scene_settings
from ..payment import price_image
from . import cross

if TYPE_CHECKING:
    from .made_material import ShownMaterial


def estimate_material(context: bpy.types.Context) -> Payment:
    """Generate Material: the words, the references, and the image of the editor where that is wanted."""
    settings, group = scene_settings.settings_of(context.scene), getattr(context.scene, SCENE_PROPERTY)
    references = sum(entry.enabled for entry in group.references)
    references += bool(group.material.use_image and marks.find_image(context))  # an Image Editor has one
    payment = Payment(settings.variants, price_image(settings, references) * settings.variants)
    return payment + estimate_maps(context) if group.material.generate_maps and settings.variants == 1 else payment


def estimate_maps(context: bpy.types.Context) -> Payment:
    """Generate Roughness and Metallic: the sheet alone goes along."""
    return Payment(1, price_image(scene_settings.settings_of(context.scene), 1))


def estimate_cross(context: bpy.types.Context, found: ShownMaterial) -> Payment:
    """Repair Seam: the tile, and a copy that shows the area, go along, at a size that is enough for the tile."""
    settings = scene_settings.settings_of(context.scene)
    size = cross.choose_size(settings, found.pixels)
    return Payment(1, price_image(settings.replace_choices({"image_size": size}), cross.IMAGES))
