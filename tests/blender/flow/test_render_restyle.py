# SPDX-License-Identifier: GPL-3.0-or-later
"""The Render Result restyled: from the menu, and not behind the artist's back. The window's F12 is in tests/ui."""

from __future__ import annotations

from pathlib import Path

import bpy
import numpy as np
import pytest
from PIL import Image

from devtools.simulator.server import Simulator
from nano_banana_addon.features import compare

from .conftest import latest


@pytest.fixture(autouse=True)
def quick(scene: bpy.types.Scene) -> None:
    scene.render.engine = "BLENDER_WORKBENCH"


def posts(server: Simulator) -> list[object]:
    return [r for r in server.requests if r.method == "POST"]


def test_the_render_is_restyled_whatever_source_the_scene_has(scene: bpy.types.Scene, server: Simulator) -> None:
    bpy.ops.render.render()
    bpy.data.objects["Cube"].location.x = 40  # since the render
    bpy.ops.nano_banana.note_add(text="a hole here", place=(0.1, -0.4, 0.0), object="")
    assert bpy.ops.nano_banana.restyle_render() == {"FINISHED"}
    request = latest().request
    assert [reference.role for reference in request.references] == ["GUIDE", "STRUCTURE"]
    assert request.references[-1].label == "Last Render"
    assert request.capture.source == "LAST_RENDER"
    assert scene.nano_banana.source == "CAMERA"
    sent = np.asarray(Image.open(request.references[-1].path).convert("L")).astype(int)
    assert abs(int(sent[384, 688]) - int(sent[20, 20])) > 20, "the cube is where it was rendered"
    (post,) = posts(server)
    assert str(post.json["contents"]).count("sha256:") == 2


def test_without_a_render_it_says_so(scene: bpy.types.Scene, server: Simulator) -> None:
    with pytest.raises(RuntimeError, match="no Render Result"):
        bpy.ops.nano_banana.restyle_render()
    assert not posts(server)


def test_renders_of_scripts_and_captures_are_not_restyled(scene: bpy.types.Scene, server: Simulator) -> None:
    scene.nano_banana.restyle_renders = True
    bpy.ops.render.render()
    assert not posts(server)
    scene.nano_banana.source = "RENDER"
    bpy.ops.nano_banana.restyle()
    assert len(posts(server)) == 1


def test_before_and_after_lie_over_each_other(scene: bpy.types.Scene) -> None:
    bpy.ops.render.render()
    bpy.ops.nano_banana.restyle_render()
    area = max(bpy.context.window_manager.windows[0].screen.areas, key=lambda a: a.width)
    area.type = "IMAGE_EDITOR"
    compare.begin(area, "", latest().id)
    wipe = compare.get_active_wipe()
    before, after = bpy.data.images[wipe.left], bpy.data.images[wipe.right]
    assert tuple(before.size) == tuple(after.size)
    assert Path(before.filepath) == Path(latest().request.references[-1].path)
    compare.stop(area)
