# SPDX-License-Identifier: GPL-3.0-or-later
"""The received bytes stay as they are: beside the .blend, packed into it, saved, opened and unpacked again.

A picture's content credentials hold exactly as long as its bytes do; see tests/api/jobs/test_provenance.py.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import bpy
import pytest

from nano_banana_addon.blender.host import preferences
from nano_banana_addon.core.result import Generation
from nano_banana_addon.features.history import lookup
from nano_banana_addon.simulator.painting import c2pa

Painted = Callable[..., Generation]


@pytest.fixture
def signed(painted: Painted) -> tuple[Generation, bytes]:
    """A generation whose received file carries content credentials, and its bytes."""
    made = painted("x")
    path = Path(made.answer.result.path)
    data = c2pa.embed_in_png(path.read_bytes())
    path.write_bytes(data)
    return made, data


def the_image(made: Generation) -> bpy.types.Image:
    return next(i for i in bpy.data.images if i.get("nano_banana_generation") == made.id)


@pytest.mark.parametrize("keep", ["BESIDE", "PACK", "STORE"])
def test_saving_opening_and_unpacking_keep_every_byte(
    signed: tuple[Generation, bytes], keep: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    made, data = signed
    request.addfinalizer(lambda: preferences.get_preferences().property_unset("keep_pictures"))
    preferences.get_preferences().keep_pictures = keep
    blend = tmp_path / "work" / "shot.blend"
    blend.parent.mkdir()
    bpy.ops.wm.save_as_mainfile(filepath=str(blend))
    bpy.ops.nano_banana.apply(generation=made.id, kind="IMAGE")
    bpy.ops.wm.save_mainfile()
    bpy.ops.wm.open_mainfile(filepath=str(blend))
    image = the_image(made)
    assert bool(image.packed_file) is (keep == "PACK")
    if image.packed_file:
        assert image.packed_file.data == data
        image.filepath = str(tmp_path / "unpacked.png")
        image.unpack(method="WRITE_ORIGINAL")
    assert Path(bpy.path.abspath(image.filepath)).read_bytes() == data
    assert Path(lookup.find(made.id).answer.result.path).read_bytes() == data


def test_the_image_says_where_it_comes_from(signed: tuple[Generation, bytes]) -> None:
    made, _ = signed
    bpy.ops.nano_banana.apply(generation=made.id, kind="IMAGE")
    image = the_image(made)
    assert "SynthID" in image["nano_banana_origin"]
    assert image["nano_banana_prompt"] == "x"
    assert image["nano_banana_sha256"] == made.answer.result.sha256
