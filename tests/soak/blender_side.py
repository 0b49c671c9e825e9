# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs inside a Blender of the soak tests: does what it is told, turns the pump as a window's timer does.

in_blender.py script blender_side.py SERVER        one JSON object a line: in {"do": VERB, …}, out the answer
"""

from __future__ import annotations

import hashlib
import importlib
import json
import os
import queue
import signal
import sys
import threading
import time
import traceback
from pathlib import Path
from typing import Any

import bpy

from nano_banana_addon.blender.deliver.datablocks import ownership_tags
from nano_banana_addon.blender.host import file_session, preferences
from nano_banana_addon.core.constants import ReferenceRole
from nano_banana_addon.core.request import Reference
from nano_banana_addon.features import recovery
from nano_banana_addon.features.generation import request_builder, scene_settings
from nano_banana_addon.features.history import gallery
from nano_banana_addon.session import panel_state, pump, session
from nano_banana_addon.wire.providers import PROVIDERS

PROMPT = "a harbour at night, {name} {case}"
#: Seconds between turns of the pump.
_TURN = 0.03


def open_file(path: str) -> dict[str, Any]:
    """The artist's file, as it was last saved; a new one with a cube before a camera."""
    if Path(path).exists():
        bpy.ops.wm.open_mainfile(filepath=path)
        return {"new": False}
    bpy.ops.wm.read_homefile(use_factory_startup=True, use_empty=True)
    scene = bpy.context.scene
    bpy.ops.mesh.primitive_cube_add(size=1.0)
    camera = bpy.data.objects.new("Camera", bpy.data.cameras.new("Camera"))
    camera.location, camera.rotation_euler = (0.0, -4.0, 0.0), (1.5707963, 0.0, 0.0)
    scene.collection.objects.link(camera)
    scene.camera = camera
    scene.render.resolution_x, scene.render.resolution_y = 320, 180
    scene.nano_banana.shading, scene.nano_banana.image_size = "SOLID", "1K"
    bpy.ops.wm.save_as_mainfile(filepath=path)
    file_session.current_load_id()
    return {"new": True}


def use(provider: str, model: str) -> dict[str, Any]:
    """Take another service, at the same address."""
    chosen = preferences.get_preferences()
    chosen.provider = provider
    setattr(chosen, preferences.address_property(PROVIDERS[provider]), chosen.base_url)
    bpy.context.scene.nano_banana.model = model
    return {}


def offer() -> dict[str, Any]:
    """What Blender does a moment after its start, and what the artist is shown then."""
    count = recovery.offer()
    shown = panel_state.get_properties()
    return {
        "count": count,
        "recovered": {item.name: item.known for item in shown.recovered},
        "notice": shown.notice,
        "courier": session.current().link.alive,
    }


def press(
    names: list[str],
    *,
    case: str = "",
    source: str = "NONE",
    size: str = "1K",
    to_image: bool = True,
    references: tuple[str, ...] = (),
    die: bool = False,
) -> dict[str, Any]:
    """What the button does, once for each name. With `die` the last thing that Blender does."""
    choices = {"source": source, "image_size": size, "deliveries": ("IMAGE",) if to_image else ()}
    given = [Reference(ReferenceRole.STYLE, path) for path in references]
    ids: dict[str, str] = {}
    for name in names:
        chosen = {"prompt": PROMPT.format(name=name, case=case)} | choices
        settings = scene_settings.settings_of(bpy.context.scene).replace_choices(chosen)
        (ids[name],) = request_builder.submit(request_builder.prepare(bpy.context, settings, reference_override=given))
    if die:
        os.kill(os.getpid(), signal.SIGKILL)
    return {"ids": ids}


def run_operator(name: str, case: str, source: str = "CAMERA", size: str = "1K") -> dict[str, Any]:
    """The operator as a script calls it: it waits and delivers."""
    prompt = PROMPT.format(name=name, case=case)
    bpy.ops.nano_banana.restyle(prompt=prompt, source=source, image_size=size)
    return {}


def die_delivering() -> dict[str, Any]:
    """Let Blender die between a delivery and its record."""
    # The module itself: what `from …blender import` gives is a stand-in until it is used.
    handover = importlib.import_module("nano_banana_addon.session.apply_result")
    deliver = handover.deliver

    def delivered_and_died(*arguments: Any, **named: Any) -> None:
        deliver(*arguments, **named)
        os.kill(os.getpid(), signal.SIGKILL)

    handover.deliver = delivered_and_died
    return {}


def shown() -> dict[str, Any]:
    """The jobs and results in the panel, with their states."""
    group = panel_state.get_properties()
    return {
        "jobs": {item.name: item.state for item in group.jobs},
        "results": {item.name: item.state for item in group.results},
        "said": {item.name: item.message for item in group.results},
    }


def images() -> dict[str, Any]:
    """The pictures in the file, by their generation: the digest of their bytes and their size."""
    found: dict[str, Any] = {}
    for image in bpy.data.images:
        generation = str(ownership_tags.get_fact(image, "generation", ""))
        if generation:
            packed = image.packed_file
            path = Path(bpy.path.abspath(image.filepath))
            data = bytes(packed.data) if packed else path.read_bytes()
            size = list(image.size)  # Blender decodes the file for it: 0 by 0 when it cannot
            found[generation] = [hashlib.sha256(data).hexdigest(), size]
    return {"images": found}


def take(generation: str) -> dict[str, Any]:
    """Apply a received picture, by the dialog's button."""
    bpy.ops.nano_banana.recovery_take(generation=generation)
    return images()


def ask_again(generation: str) -> dict[str, Any]:
    """Send it, by the dialog's button."""
    bpy.ops.nano_banana.ask_again(generation=generation)
    return {}


def give_up(generation: str) -> dict[str, Any]:
    """Forget about it, by the dialog's button."""
    bpy.ops.nano_banana.give_up(generation=generation)
    return {}


def list_gallery() -> dict[str, Any]:
    """Every generation on the pages of the gallery, from the first to the last."""
    found: list[str] = []
    bpy.ops.nano_banana.history_refresh()
    bpy.ops.nano_banana.history_page(step=-gallery.page_count())
    for _ in range(gallery.page_count()):
        found += [entry.name for entry in gallery.get_gallery().entries]
        bpy.ops.nano_banana.history_page(step=1)
    return {"ids": found}


def live(**given: Any) -> dict[str, Any]:
    """Work for a while beside another Blender."""
    from tests.soak.artist import Artist

    return Artist(press, **given).work()


VERBS = {
    function.__name__: function
    for function in (
        *(open_file, use, offer, press, run_operator, die_delivering),
        *(shown, images, take, ask_again, give_up, list_gallery, live),
    )
}


def set_up(server: str) -> None:
    """The preferences of this user: who paints, and no pacing, or a minute's pictures would wait."""
    chosen = preferences.get_preferences()
    chosen.provider, chosen.base_url, chosen.pacing_limit = "google", server, 0.0


def told() -> queue.SimpleQueue[str | None]:
    """The lines of standard input, read in a thread; None at its end."""
    lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()

    def read() -> None:
        for line in os.fdopen(os.dup(0), encoding="utf-8"):
            lines.put(line)
        lines.put(None)

    threading.Thread(target=read, daemon=True).start()
    return lines


def carry_out(line: str) -> dict[str, Any]:
    order = json.loads(line)
    try:
        return VERBS[order.pop("do")](**order)
    except Exception:  # noqa: BLE001 - the test wants to read it
        return {"trouble": traceback.format_exc()}


def main(server: str) -> None:
    """Until standard input closes."""
    # Blender writes lines of its own to file 1: they go to the error output.
    answers = os.fdopen(os.dup(1), "w", buffering=1, encoding="utf-8")
    os.dup2(2, 1)
    set_up(server)
    lines, turned = told(), 0.0
    while True:
        if time.monotonic() - turned > _TURN:
            pump.tick()
            turned = time.monotonic()
        try:
            line = lines.get(timeout=_TURN)
        except queue.Empty:
            continue
        if line is None:
            return
        answers.write(json.dumps(carry_out(line)) + "\n")


main(sys.argv[1])
