# SPDX-License-Identifier: GPL-3.0-or-later
"""What every delivery target needs to know of one delivery."""

from __future__ import annotations

from dataclasses import dataclass

import bpy

from ....core.request import GenerationRequest
from ....core.result import Generation, Picture
from .files import ImageStorage


@dataclass(frozen=True, slots=True)
class DeliveryContext:
    """One delivery; lives only while it is made. `unwrap`: make UV maps for objects that need one."""

    generation: Generation
    picture: Picture
    image: bpy.types.Image
    context: bpy.types.Context
    unwrap: bool
    storage_choice: ImageStorage

    @property
    def request(self) -> GenerationRequest:
        """What was asked for."""
        return self.generation.request

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the image in pixels."""
        return self.picture.width, self.picture.height
