"""Images to make materials of, in a scene with a sphere that has a UV map."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import bpy
import numpy as np
import pytest
from PIL import Image

from nano_banana_addon.blender.host import preferences
from nano_banana_addon.core.material_settings import MaterialSettings
from nano_banana_addon.features.material import from_image
from nano_banana_addon.session import panel_state

SIDE = 128


@pytest.fixture(autouse=True)
def stored() -> Iterator[None]:
    """Images lie in the store, and no notice is left."""
    chosen = preferences.get_preferences()
    chosen.keep_pictures = "STORE"
    yield
    chosen.property_unset("keep_pictures")
    panel_state.clear_notice()


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    """Stones of different brightness and colour."""
    coarse = np.random.default_rng(5).integers(60, 200, (16, 16, 3), dtype=np.uint8)
    path = tmp_path / "Old Stones.png"
    Image.fromarray(coarse).resize((SIDE, SIDE), Image.Resampling.BICUBIC).save(path)
    return path


@pytest.fixture
def sphere() -> bpy.types.Object:
    """A selected sphere of 1 m with a material of the artist's."""
    bpy.ops.mesh.primitive_uv_sphere_add(radius=1.0)
    obj = bpy.context.object
    obj.data.materials.append(bpy.data.materials.new("Mine"))
    return obj


def make(image: Any, **choices: Any) -> tuple[bpy.types.Material, Any]:
    """The material of an image as a script makes it, and the report."""
    draft = from_image.read(bpy.context, image, MaterialSettings(**choices))
    _maps, report = from_image.run(bpy.context, draft)
    return bpy.data.materials[report.delivered[0]], report
