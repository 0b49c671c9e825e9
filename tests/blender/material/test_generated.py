# SPDX-License-Identifier: GPL-3.0-or-later
"""Materials from words over the strict server, and the command: what is sent, what is paid, what arrives."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import bpy
import pytest

from devtools.simulator.server import Simulator
from nano_banana_addon import cli
from nano_banana_addon.blender.deliver.datablocks import ownership_tags
from nano_banana_addon.blender.deliver.pbr import pbr_material
from nano_banana_addon.core.errors import InputError
from nano_banana_addon.core.material_settings import MaterialSettings
from nano_banana_addon.core.text.prompts import compose, describe_surface
from nano_banana_addon.features.generation import request_builder, scene_settings
from nano_banana_addon.features.history import lookup
from nano_banana_addon.features.material import generate, prices
from nano_banana_addon.session import apply_result, panel_state

from ..flow.conftest import google, server, turned, wait  # noqa: F401 - fixtures
from .conftest import SIDE

pytestmark = pytest.mark.usefixtures("google")
WORDS = "old red bricks"


def order(words: str = WORDS, material: MaterialSettings | None = None, **more: Any) -> request_builder.Order:
    """What the button orders."""
    settings = scene_settings.settings_of(bpy.context.scene).replace_choices({"image_size": "1K"})
    settings = generate.choose_settings(settings, words, has_image="shown" in more)
    return generate.prepare(bpy.context, settings, material or MaterialSettings(size_m=1.5), words, **more)


def count_paid(server: Simulator) -> int:  # noqa: F811
    return len([r for r in server.requests if r.method == "POST"])


def test_a_square_evenly_lit_surface_is_asked_for(sphere: bpy.types.Object) -> None:
    (request,) = order().requests
    assert request.aspect_ratio == "1:1"
    text = compose(request)
    assert WORDS in text
    assert "tileable" in text
    assert describe_surface(request.prompt) == request.prompt
    assert [ref.name for ref in request.delivery.objects] == [sphere.name]


def test_a_box_of_an_image_is_the_surface(picture: Path) -> None:
    image = bpy.data.images.load(str(picture))
    shown = generate.cut_reference(image, (0.25, 0.0, 0.75, 0.5))
    (request,) = order("", shown=shown).requests
    assert [r.role for r in request.references] == ["MATERIAL"]
    from nano_banana_addon.imaging.formats.raw import read_raw

    assert read_raw(Path(request.references[0].path)).shape == (SIDE // 2, SIDE // 2, 3)
    with pytest.raises(InputError, match="small"):
        generate.cut_reference(image, (0.5, 0.5, 0.51, 0.51))
    with pytest.raises(InputError, match="no description"):
        order("")


def test_the_answer_becomes_a_material_in_the_background(
    sphere: bpy.types.Object,
    wait: Callable[[], None],  # noqa: F811
    server: Simulator,  # noqa: F811
) -> None:
    (id_,) = request_builder.submit(order())
    wait()
    node = pbr_material.find_node(sphere.active_material)
    assert node, panel_state.get_properties().notice
    assert node.inputs["Size"].default_value == 1.5
    assert sphere.active_material.name == WORDS
    assert count_paid(server) == 1
    # Applied again with other choices: from the same paid image.
    apply_result.apply_result(lookup.retarget_to_selection(bpy.context, id_), ("PBR_MATERIAL",))
    assert count_paid(server) == 1


def test_what_cannot_receive_it_is_told_before_paying(
    sphere: bpy.types.Object,
    server: Simulator,  # noqa: F811
) -> None:
    sphere.data.uv_layers.remove(sphere.data.uv_layers[0])
    with pytest.raises(InputError, match="no UV map"):
        order()
    assert order(material=MaterialSettings(on_objects=False)).requests
    assert count_paid(server) == 0


def test_choices_of_a_record_are_checked() -> None:
    (request,) = order(material=MaterialSettings(size_m=float("nan"), relief=-3.0, roughness=7.0)).requests
    from nano_banana_addon.core import material_settings

    given = request.delivery.material
    assert given
    checked = material_settings.check(given)
    assert (checked.size_m, checked.relief, checked.roughness) == (2.0, 0.05, 0.6)


@pytest.fixture
def run(server: Simulator, tmp_path: Path) -> Any:  # noqa: F811
    """Run the command: its status, and the objects that it wrote."""

    def run_command(*words: str) -> tuple[int, list[dict[str, Any]]]:
        target = tmp_path / "out.jsonl"
        target.unlink(missing_ok=True)
        status = cli.main(["material", *words, "--json", str(target)])
        return status, [json.loads(line) for line in target.read_text().splitlines()] if target.exists() else []

    return run_command


def test_the_command_makes_files_and_a_library(
    run: Any,
    picture: Path,
    sphere: bpy.types.Object,
    server: Simulator,  # noqa: F811
    tmp_path: Path,
) -> None:
    words = ("--image", str(picture), "--size-m", "0.5", "--metallic", "1", "--object", sphere.name)
    library = tmp_path / "library"
    library.mkdir()
    out, saved = tmp_path / "maps", library / "stones.blend"
    status, (told,) = run(*words, "--out", str(out), "--save", str(saved))
    assert (status, told["state"], told["pixels_per_metre"]) == (0, "DONE", SIDE / 0.5)
    assert {Path(path).parent for path in told["files"].values()} == {out}
    assert {"diff", "disp", "nor_gl", "rough", "metal", "ao"} <= set(told["files"])
    assert all(Path(path).is_file() for path in told["files"].values())
    assert told["report"]["step"] >= 0
    assert sphere.active_material.name == told["material"]
    assert (library / "blender_assets.cats.txt").is_file()
    assert count_paid(server) == 0
    bpy.ops.wm.open_mainfile(filepath=str(saved))
    maps = list(ownership_tags.find_by_role(bpy.data.images, ownership_tags.Role.MAP))
    assert len(maps) == 6
    assert all(image.packed_file for image in maps)


def test_a_scripts_material_is_named_by_its_words(sphere: bpy.types.Object, server: Simulator) -> None:  # noqa: F811
    bpy.context.scene.nano_banana.image_size = "1K"
    assert bpy.ops.nano_banana.material_generate(prompt="smooth slate") == {"FINISHED"}
    assert sphere.active_material.name == "smooth slate"


def test_the_command_generates_once(run: Any, server: Simulator) -> None:  # noqa: F811
    words = ("--prompt", "mossy cobbles", "--size", "1K", "--size-m", "3")
    status, (dry,) = run(*words, "--dry-run")
    assert (status, dry["state"], count_paid(server)) == (0, "DRY_RUN", 0)
    status, (told,) = run(*words)
    assert (status, told["state"], told["reused"], count_paid(server)) == (0, "DONE", False, 1)
    assert told["cost_usd"] > 0
    assert told["material"] in bpy.data.materials
    status, (again,) = run(*words, "--roughness", "0.9")
    assert (status, again["reused"], count_paid(server)) == (0, True, 1)
    status, (refused,) = run(*words, "--again", "--budget", "0.01")
    assert (status, refused["error"]["kind"], count_paid(server)) == (4, "BUDGET", 1)
    status, (free,) = run("--result", "last")
    assert (status, free["state"], count_paid(server)) == (0, "DONE", 1)


@pytest.mark.parametrize(
    "words", [(), ("--image", "no such.png"), ("--image", "x", "--object", "Nobody"), ("--size-m", "-1")]
)
def test_the_command_says_what_is_wrong(run: Any, words: tuple[str, ...], picture: Path) -> None:
    words = tuple(str(picture) if word == "x" else word for word in words)
    words = ("--image", str(picture), *words) if words[:1] == ("--size-m",) else words
    status, (told,) = run(*words)
    assert status == 1
    assert told["error"]["message"]


def test_a_place_that_nothing_can_be_saved_in_is_told_before_paying(
    run: Any,
    server: Simulator,  # noqa: F811
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    status, told = run("--prompt", "cobbles", "--save", str(tmp_path / "nowhere" / "cobbles.blend"))
    assert (status, told, count_paid(server)) == (2, [], 0)
    assert f"there is no folder {tmp_path / 'nowhere'}" in capsys.readouterr().err
    (tmp_path / "taken.blend").mkdir()
    status, told = run("--prompt", "cobbles", "--size", "1K", "--save", str(tmp_path / "taken.blend"))
    assert (status, count_paid(server)) == (1, 1)
    assert told[-1]["error"]["message"].startswith(f"Cannot save {tmp_path / 'taken.blend'}: ")
    assert "is in the history" in capsys.readouterr().err


def test_only_an_image_that_is_shown_is_in_the_price(sphere: bpy.types.Object) -> None:
    group = bpy.context.scene.nano_banana.material
    plain = prices.estimate_material(bpy.context)
    group.use_image = True
    assert prices.estimate_material(bpy.context) == plain, "no Image Editor, no image"
