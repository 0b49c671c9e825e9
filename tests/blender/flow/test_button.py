# SPDX-License-Identifier: GPL-3.0-or-later
"""From the button to the picture: Blender stays free, and what comes goes where it was meant to go."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import bpy
import numpy as np
import pytest

from devtools.simulator.server import Simulator
from nano_banana_addon.blender.host import preferences
from nano_banana_addon.core.constants import State
from nano_banana_addon.core.result import Generation
from nano_banana_addon.session import events, panel_state, session
from nano_banana_addon.storage.store import Store

from .conftest import latest, press

Turned = Callable[..., None]


def ended() -> bool:
    here = session.current()
    return not here.under_way and not here.to_deliver


def images() -> list[str]:
    return [i.name for i in bpy.data.images if i.source == "FILE"]


@pytest.mark.full_size
def test_the_button_returns_before_the_picture_is_painted_and_the_picture_comes_by_itself(
    scene: bpy.types.Scene, server: Simulator, turned: Turned
) -> None:
    server.script("silence", times=1, seconds=1.0)
    assert len(press(deliveries=("IMAGE", "COMPOSITOR"))) == 1
    assert len(panel_state.get_properties().jobs) == 1
    assert not images()
    turned(ended)
    assert images() == ["a neon alley"]
    assert bpy.data.images["a neon alley"].size[:] == (1376, 768)
    shown = panel_state.get_properties().results[0]
    assert (shown.state, shown.delivered, shown.size) == ("DONE", True, "1376 × 768")
    assert shown.cost.startswith("$0.1")
    assert not panel_state.get_properties().jobs


@pytest.mark.full_size
def test_a_script_waits_and_then_has_the_picture(scene: bpy.types.Scene, server: Simulator) -> None:
    assert bpy.ops.nano_banana.restyle(prompt="a snowy street", to_material=True) == {"FINISHED"}
    assert images()
    asked = server.requests[-1].json
    assert "a snowy street" in str(asked["contents"])
    assert asked["generationConfig"]["imageConfig"] == {"aspectRatio": "16:9", "imageSize": "1K"}
    assert scene.nano_banana.prompt == "a neon alley"  # the scene's own choices are not touched
    cube = bpy.data.objects["Cube"]
    assert any(node.bl_idname == "ShaderNodeGroup" for node in cube.active_material.node_tree.nodes)


def test_variants_are_asked_for_at_once_and_wait_to_be_picked(
    scene: bpy.types.Scene, server: Simulator, turned: Turned
) -> None:
    press(variants=3, deliveries=("MATERIAL",))
    turned(ended)
    results = [r for r in panel_state.get_properties().results if r.state == "DONE"]
    assert len(results) == 3
    assert len({r.group for r in results}) == 1
    assert sorted(r.title for r in results) == [f"{number}: a neon alley" for number in (1, 2, 3)]
    assert bpy.data.objects["Cube"].active_material is None
    bpy.ops.nano_banana.apply(generation=results[1].name, kind="MATERIAL")
    assert bpy.data.objects["Cube"].active_material is not None


def test_an_error_in_showing_one_result_keeps_no_other_from_being_shown(
    scene: bpy.types.Scene, turned: Turned, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown: list[str] = []

    def fail_at_first(generation: Generation) -> None:
        shown.append(generation.id)
        if len(shown) == 1:
            raise OSError("the thumbnail's folder is gone")

    ids = press(variants=2, source="NONE")
    store, end = session.current().store, time.monotonic() + 60
    while any(each.state is not State.DONE for each in store.many(ids)):  # both come with one call of the timer
        assert time.monotonic() < end
        time.sleep(0.05)
    event: events.Event[[Generation]] = events.Event()
    event.connect(fail_at_first)
    monkeypatch.setattr(events, "generation_ended", event)
    turned(ended)
    assert sorted(shown) == sorted(ids)
    assert not panel_state.get_properties().jobs


def test_no_more_are_asked_for_at_once_than_the_preferences_say(
    scene: bpy.types.Scene, server: Simulator, turned: Turned
) -> None:
    preferences.get_preferences().at_once = 1
    server.script("silence", times=2, seconds=0.5)
    press(variants=2, source="NONE")
    turned(ended)
    preferences.get_preferences().property_unset("at_once")
    assert len([r for r in panel_state.get_properties().results if r.state == "DONE"]) == 2
    assert server.busiest == 1


def test_a_transparent_background_can_be_put_back_onto_the_answer(scene: bpy.types.Scene, server: Simulator) -> None:
    bpy.ops.nano_banana.restyle(transparent=True, to_compositor=True)
    assert bpy.ops.nano_banana.cut_out(generation=latest().id) == {"FINISHED"}
    cut = next(image for image in bpy.data.images if image.name.endswith("cut out"))
    alpha = np.empty(cut.size[0] * cut.size[1] * 4, np.float32)
    cut.pixels.foreach_get(alpha)
    alpha = alpha[3::4].reshape(cut.size[1], cut.size[0])
    inside = alpha[cut.size[1] // 2, cut.size[0] // 2]
    assert inside == pytest.approx(1.0, abs=1.5 / 255)  # the cube; 4.5 draws it with 254 of 255
    assert alpha[0, 0] == 0.0  # the empty world
    assert any(image.name.startswith("Nano Banana Mask") for image in bpy.data.images)
    for image in [i for i in bpy.data.images if i not in (cut,)]:
        bpy.data.images.remove(image)
    bpy.ops.nano_banana.apply(generation=latest().id, kind="IMAGE")
    assert len([i for i in bpy.data.images if not i.name.endswith("cut out")]) == 1


def test_a_cut_out_lies_where_the_pictures_of_the_file_lie(
    scene: bpy.types.Scene, server: Simulator, tmp_path: Path
) -> None:
    preferences.get_preferences().keep_pictures = "BESIDE"
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "shot.blend"))
    bpy.ops.nano_banana.restyle(transparent=True)
    bpy.ops.nano_banana.cut_out(generation=latest().id)
    cut = next(image for image in bpy.data.images if image.name.endswith("cut out"))
    assert Path(bpy.path.abspath(cut.filepath)).parent == tmp_path / "nano_banana"
    bpy.ops.nano_banana.delete_generation(generation=latest().id)
    assert Path(bpy.path.abspath(cut.filepath)).is_file()


def test_cancel_closes_the_connection_and_nothing_is_delivered(
    scene: bpy.types.Scene, server: Simulator, turned: Turned
) -> None:
    server.script("silence", times=1, seconds=60)
    press()
    turned(lambda: bool(server.requests))
    bpy.ops.nano_banana.cancel()
    turned(ended)
    assert latest().state is State.CANCELLED
    turned(lambda: server.requests[-1].gone_at is not None, 10)
    assert not images()


def test_another_file_is_not_given_the_picture_of_this_one(
    scene: bpy.types.Scene, server: Simulator, turned: Turned
) -> None:
    server.script("silence", times=1, seconds=1.0)
    press()
    bpy.ops.wm.read_homefile(use_factory_startup=True, use_empty=True)
    turned(ended)
    assert latest().state is State.DONE
    assert not images()
    assert "another file" in panel_state.get_properties().notice
    bpy.ops.nano_banana.apply(generation=panel_state.get_properties().results[0].name, kind="IMAGE")
    assert images()


def test_a_deleted_object_costs_nothing_but_its_material(
    scene: bpy.types.Scene, server: Simulator, turned: Turned
) -> None:
    server.script("silence", times=1, seconds=1.0)
    press(deliveries=("IMAGE", "MATERIAL"))
    bpy.data.objects.remove(bpy.data.objects["Cube"])
    turned(ended)
    assert latest().state is State.DONE
    assert images() == ["a neon alley"]
    assert "Cube" in panel_state.get_properties().results[0].notes


def test_undo_while_it_paints_does_no_harm(scene: bpy.types.Scene, server: Simulator, turned: Turned) -> None:
    bpy.ops.ed.undo_push(message="before")
    bpy.data.objects["Cube"].location.x = 1.0
    bpy.ops.ed.undo_push(message="moved")
    press(deliveries=("IMAGE", "COMPOSITOR"))
    bpy.ops.ed.undo()
    turned(ended)
    assert latest().state is State.DONE
    assert images() == ["a neon alley"]


def test_disabling_the_add_on_while_it_paints_keeps_the_picture(
    scene: bpy.types.Scene, server: Simulator, turned: Turned
) -> None:
    server.script("silence", times=1, seconds=1.0)
    press()
    turned(lambda: bool(server.requests))
    asked = latest().id
    session.close()  # what disabling does with the worker process and the store
    turned(lambda: session.current().store.get(asked).state is State.DONE)
    assert session.current().store.get(asked).answer.result


@pytest.mark.parametrize(
    ("case", "kind", "said"),
    [
        ("refusal_image_safety", "REFUSED", ""),
        ("text_only", "REFUSED", ""),
        ("429_free_tier", "BILLING", "billing"),
        ("not_an_image", "ANSWER", ""),
    ],
)
def test_what_goes_wrong_is_told_in_the_panel_with_what_to_do(
    scene: bpy.types.Scene, server: Simulator, turned: Turned, case: str, kind: str, said: str
) -> None:
    server.script(case, times=1)
    press()
    turned(ended)
    shown = panel_state.get_properties().results[0]
    assert shown.error_kind == kind
    assert shown.message
    assert shown.next_step
    assert said in (shown.message + shown.next_step).lower()
    assert not images()


def test_a_job_that_is_deleted_elsewhere_leaves_the_panel(
    scene: bpy.types.Scene, server: Simulator, turned: Turned
) -> None:
    (asked,) = press()
    here = session.current()
    here.link.wait([asked], timeout=60)
    elsewhere = Store(here.home)  # another Blender's history, cleaned up before this one looked
    elsewhere.delete(asked)
    elsewhere.close()
    turned(ended, 10)
    assert not panel_state.get_properties().jobs
    assert not images()
