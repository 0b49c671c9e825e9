# SPDX-License-Identifier: GPL-3.0-or-later
"""The store of `make_0_1_0.py`: a generation for each thing that can become of a request."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import bpy
import scene_0_1_0 as scenes
from nano_banana_addon.jobs.query import HistoryQuery
from PIL import Image, ImageOps

from nano_banana_addon.blender import generate, session
from nano_banana_addon.core.constants import State
from nano_banana_addon.core.errors import ErrorKind
from nano_banana_addon.core.request import GenerationRequest
from nano_banana_addon.core.result import Failure
from nano_banana_addon.simulator.painting import solid
from nano_banana_addon.simulator.server import Simulator

#: Asked of the model beside the prompt, so that every key of a request's record occurs.
_EVERYTHING = {
    "thinking_level": "HIGH",
    "include_thoughts": True,
    "system_instruction": "no text in the picture",
    "google_search": True,
    "image_search": True,
    "media_resolution": "HIGH",
    "service_tier": "PRIORITY",
    "safety_harassment": "BLOCK_ONLY_HIGH",
    "safety_hate_speech": "BLOCK_NONE",
    "safety_sexually_explicit": "BLOCK_LOW_AND_ABOVE",
    "safety_dangerous_content": "OFF",
    "temperature": 0.5,
    "seed": 7,
    "project": "Harbour",
}


def paint(job: solid.PaintJob) -> Image.Image:
    """The structure picture in few tones of the prompt's colour: files of a few kilobytes."""
    colour = solid.colour_of(f"{job.prompt} {job.seed}")
    if not job.images:
        return Image.new("RGB", (job.width, job.height), colour)
    with Image.open(Path(_written(job.images[-1]))) as picture:
        tones = ImageOps.posterize(picture.convert("L"), 2)
    dark = tuple(each // 3 for each in colour)
    return ImageOps.colorize(tones, dark, colour).resize((job.width, job.height))


def _written(data: bytes) -> str:
    path = Path(bpy.app.tempdir or "/tmp") / "structure"
    path.write_bytes(data)
    return str(path)


def newest(count: int = 1) -> list[str]:
    """The ids of the newest generations, the oldest of them first."""
    page = session.current().store.page(HistoryQuery(), 0, count)
    return [generation.id for generation in reversed(page)]


def ask(operator: Callable[..., set[str]], pictures: int = 1, **choices: object) -> list[str]:
    """Run an operator that waits; the ids of what it asked for."""
    operator(**choices)
    return newest(pictures)


def text_only(prompt: str, **choices: object) -> str:
    """A generation without a capture."""
    (made,) = ask(bpy.ops.nano_banana.restyle, source="NONE", prompt=prompt, **choices)
    return made


def painted(scene: bpy.types.Scene) -> dict[str, str]:
    """What was painted and delivered, by name."""
    made: dict[str, str] = {}
    scenes.select("House")
    everywhere = {f"to_{name}": True for name in ("material", "compositor", "background")}
    (made["restyle"],) = ask(
        bpy.ops.nano_banana.restyle,
        prompt="a harbour at dusk",
        transparent=True,
        fit="PAD",
        aspect_ratio="1:1",
        capture_guides={"DEPTH", "LINES"},
        **everywhere,
        **_EVERYTHING,
    )
    scenes.select("Wall")
    made["texture"] = text_only("weathered brick", to_material=True)
    scenes.send_references(scene, False)
    made["variant 0"], made["variant 1"] = ask(bpy.ops.nano_banana.restyle, 2, source="NONE", prompt="rust", variants=2)
    bpy.ops.nano_banana.favourite(generation=made["variant 1"])
    scenes.select()
    go_on = bpy.ops.nano_banana.continue_generation
    (made["continued"],) = ask(go_on, generation=made["restyle"], prompt="make it night")
    (made["picture instead"],) = ask(
        go_on, generation=made["texture"], prompt="add moss", model="gemini-2.5-flash-image"
    )
    made["shot 1"], made["shot 2"] = ask(bpy.ops.nano_banana.storyboard, 2, prompt="a film still")
    scenes.select("Statue")
    made["view 1"], made["view 2"] = ask(
        bpy.ops.nano_banana.texture,
        2,
        prompt="polished marble",
        count=2,
        texture_size=64,
        view_prompts="the face is here|the back",
        uv_map="UVMap",
        drift_limit=4.0,
    )
    scenes.select("Vase")
    sheet = {"mode": "SHEET", "count": 2, "texture_size": 32, "orthographic": True}
    (made["sheet"],) = ask(bpy.ops.nano_banana.texture, prompt="glazed clay", **sheet)
    return made


def paid(chosen: bpy.types.AddonPreferences) -> dict[str, str]:
    """A picture that was not free, so that the ledger has a sum; packed into the .blend."""
    before = chosen.provider, chosen.keep_pictures
    chosen.provider, chosen.keep_pictures = "google", "PACK"
    try:
        return {"paid": text_only("a paid picture", project="Lighthouse")}
    finally:
        chosen.provider, chosen.keep_pictures = before


def ended_otherwise(server: Simulator) -> dict[str, str]:
    """What was refused, failed, cancelled, or lost on the way, by name."""
    made: dict[str, str] = {}
    for name, case in (
        ("refused", "refusal_image_safety"),
        ("failed", "403_blocked"),
        ("unknown", "close_in_body"),
        ("deleted", "403_blocked"),
    ):
        server.script(case, times=1)
        with suppress(RuntimeError):  # the operator reports an error, as it should
            text_only(f"what will be {name}")
        (made[name],) = newest()
    server.script("silence", times=1)
    made["cancelled"] = _cancelled("what will be cancelled")
    bpy.ops.nano_banana.delete_generation(generation=made["deleted"])
    for name in ("received", "dismissed"):
        made[name] = _received(f"a {name} picture")
    bpy.ops.nano_banana.give_up(generation=made["dismissed"])
    return made


def _cancelled(prompt: str) -> str:
    here = session.current()
    (made,) = generate.place(_order(prompt, source="NONE"))
    while here.store.get(made).state is not State.GENERATING:
        time.sleep(0.05)
    bpy.ops.nano_banana.cancel(generation=made)
    here.link.wait([made])
    return made


def _received(prompt: str) -> str:
    """Painted while nobody was there to deliver it."""
    here = session.current()
    (made,) = generate.place(_order(prompt, source="NONE"))
    here.link.wait([made])
    here.under_way.clear()
    return made


def _order(prompt: str, **choices: object) -> generate.Order:
    settings = generate.settings_of(bpy.context.scene)
    return generate.prepare(bpy.context, settings.with_choices({"prompt": prompt, **choices}))


def left_over() -> dict[str, str]:
    """What Blender's end or a crash leaves: not sent, waiting for another try, being sent."""
    store = session.current().store
    made = {"plain": store.add(GenerationRequest("what has every default"))}
    for name, choices in (
        ("queued", {}),
        ("waiting", {"source": "NONE"}),
        ("sending", {"source": "NONE"}),
    ):
        (request,) = _order(f"a {name} picture", **choices).requests
        made[name] = store.add(replace(request, project="Harbour"), estimate=0.05)
    for name in ("waiting", "sending"):
        store.begin_sending(made[name])
    busy = Failure(ErrorKind.CAPACITY, "The service is busy.", "Wait.", "overloaded", 503)
    store.advance(made["waiting"], State.WAITING, retry_at=time.time() + 60, failure=busy)
    return made
