# SPDX-License-Identifier: GPL-3.0-or-later
"""The history with mouse and keyboard: search, details, comparison, cost, and the dialog after a crash. Takes the
pictures of the manual."""

from __future__ import annotations

import importlib
import io
import os
import sys
import time
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import bpy

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from tests.ui import driver
from tests.ui.driver import Mouse, Steps, find, picture, scroll, sidebar, until

PACKAGE = "bl_ext.user_default.nano_banana"
_DAY = 86400.0
PROMPTS = (
    "Watercolour harbour at dusk, lanterns on the water",
    "Neon alley in the rain, wet cobblestones",
    "Autumn hills, oil painting in golden light",
    "Snowy village, blue hour, soft fog",
    "Desert canyon at noon, hot and dusty",
    "Ink drawing of an old town, sepia",
    "Mossy ruins in a misty forest",
    "Storyboard frame: the car stops at the lighthouse",
)


def module(name: str) -> ModuleType:
    return importlib.import_module(f"{PACKAGE}.nano_banana_addon.{name}")


def landscape() -> bytes:
    """What a capture of a scene could look like: hills, houses, a sun."""
    from PIL import Image, ImageDraw

    image = Image.new("RGB", (768, 432), (150, 180, 215))
    draw = ImageDraw.Draw(image)
    draw.ellipse((560, 50, 640, 130), fill=(250, 235, 190))
    draw.polygon([(0, 300), (220, 150), (430, 310), (600, 200), (768, 300), (768, 432), (0, 432)], fill=(110, 140, 120))
    draw.rectangle((0, 340, 768, 432), fill=(120, 110, 90))
    for x, size in ((90, 90), (230, 70), (420, 110), (590, 80)):
        top = 360 - size
        draw.rectangle((x, top, x + size, 370), fill=(200, 180, 160))
        draw.polygon([(x - 12, top), (x + size // 2, top - size // 2), (x + size + 12, top)], fill=(150, 80, 70))
        draw.rectangle((x + size // 3, top + 24, x + size // 2, top + 46), fill=(250, 220, 130))
    stream = io.BytesIO()
    image.save(stream, "PNG")
    return stream.getvalue()


def fill_the_store(count: int) -> None:
    """Two months of work in two projects, as worker processes leave it."""
    request_of, result_of = module("core.request"), module("core.result")
    store = module("session.session").current().store
    structure = landscape()
    seen = store.places.root / "structure.png"
    seen.write_bytes(structure)
    for number in range(count):
        prompt = PROMPTS[number % len(PROMPTS)]
        request = request_of.GenerationRequest(
            prompt if number < 8 else f"{prompt}, take {number}",
            image_size="2K",
            aspect_ratio="16:9",
            project=("lighthouse", "harbour town")[number % 2],
            blend_path=f"/film/shots/shot{number:03}.blend",
            scene="Scene",
            references=(
                request_of.Reference(request_of.ReferenceRole.STRUCTURE, str(seen), "Camera", width=768, height=432),
            ),
            shot="Lighthouse" if number % 8 == 7 else "",
        )
        done = store.add(request, estimate=0.14)
        store.begin_sending(done)
        store.advance(done, result_of.State.GENERATING)
        finish(store, done, request, structure, number)
        store.dismiss([done])
    spread_over_days(store)


def finish(store: Any, done: str, request: Any, structure: bytes, number: int) -> None:
    """A picture, or now and then a refusal."""
    result_of = module("core.result")
    usage = result_of.Usage(prompt=1180, candidates=1290, thoughts=210, total=2680, image=1120)
    answer = result_of.Answer(usage=usage, response_id=f"resp-{number:04}")
    if number % 13 == 11:
        refusal = result_of.Refusal("IMAGE_SAFETY", "The model refused to paint this.")
        store.finish(done, replace(answer, refusal=refusal), 0.01)
        return
    job = module("simulator.painting.job").PaintJob(request.prompt, (structure,), width=768, height=432, seed=number)
    painted = module("simulator.painting.painterly").paint(job)
    folder = module("storage.files.pictures").make_receiving_folder(store.places, done)
    path = folder / "answer.jpg"
    painted.convert("RGB").save(path, quality=90)
    sha256 = module("core.files").compute_sha256(path)
    shown = result_of.Picture(str(path), sha256, "image/jpeg", *painted.size, path.stat().st_size)
    answer = replace(answer, pictures=(shown,), finish_reason="STOP")
    module("storage.complete_answer").complete(store, store.get(done), answer)
    store.set_favourite(done, number % 9 == 0)


def spread_over_days(store: Any) -> None:
    """As if it had not all been painted in this minute."""
    ledger = module("storage.database.ledger")
    with store.database.transaction() as connection:
        rows = connection.execute("SELECT generation, at FROM ledger ORDER BY at").fetchall()
        for number, (generation, _) in enumerate(rows):
            at = time.time() - (len(rows) - number) * 0.35 * _DAY
            connection.execute(
                "UPDATE ledger SET at = ?, day = ? WHERE generation = ?",
                (at, ledger.day_of(at), generation),
            )
            connection.execute(
                "UPDATE generations SET created = ?, sent = ?, ended = ? WHERE id = ?",
                (at - 31, at - 30, at, generation),
            )


def leave_as_a_crash_does() -> None:
    """One generation not sent, one of unknown outcome, one received, of a Blender that is gone."""
    session = module("session.session")
    request_of = module("core.request")
    store = session.current().store
    some = request_of.GenerationRequest(PROMPTS[0], image_size="4K", blend_path="/film/shots/shot012.blend")
    store.add(some, estimate=0.25)
    store.begin_sending(store.add(replace(some, prompt=PROMPTS[4]), estimate=0.25))
    received = replace(some, prompt=PROMPTS[2])
    done = store.add(received, estimate=0.25)
    store.begin_sending(done)
    finish(store, done, received, landscape(), 2)
    session.close()


def shown() -> Any:
    return bpy.context.window_manager.nano_banana


def open_only(*wanted: str) -> None:
    """Fold all panels of the tab but these: a panel's fold can only be chosen before it is first drawn."""
    panels = [c for c in bpy.types.Panel.__subclasses__() if c.__name__.startswith("NANO_BANANA")]
    for panel in reversed(panels):
        bpy.utils.unregister_class(panel)
    for panel in sorted(panels, key=lambda c: bool(getattr(c, "bl_parent_id", ""))):
        options = set(getattr(panel, "bl_options", set())) - {"DEFAULT_CLOSED"}
        panel.bl_options = options if panel.__name__ in wanted else options | {"DEFAULT_CLOSED"}
    for panel in panels_in_order(panels):
        bpy.utils.register_class(panel)


def panels_in_order(panels: list[type]) -> list[type]:
    """Parents before children."""
    ordered: list[type] = []
    while len(ordered) < len(panels):
        known = {panel.__name__ for panel in ordered}
        ordered += [p for p in panels if p not in ordered and getattr(p, "bl_parent_id", "") in known | {""}]
    return ordered


def case() -> Steps:
    bpy.context.preferences.addons[PACKAGE].preferences.provider = "google"
    bpy.context.preferences.system.use_online_access = True
    os.environ["GEMINI_API_KEY"] = "a-key-of-the-tests"
    open_only(
        "NANO_BANANA_PT_main", "NANO_BANANA_PT_money", "NANO_BANANA_PT_image_history", "NANO_BANANA_PT_image_details"
    )
    fill_the_store(40)
    module("features.recovery").offer()
    assert not shown().notice, shown().notice
    mouse = Mouse(bpy.context.window_manager.windows[0])
    yield from cost(mouse)
    yield from gallery(mouse)
    yield from details(mouse)
    yield from after_a_crash(mouse)


def cost(mouse: Mouse) -> Steps:
    """Sums by project, two budgets, and the warning beside the button."""
    preferences = bpy.context.preferences.addons[PACKAGE].preferences
    preferences.budget_month = 8.0
    item = preferences.project_budgets.add()
    item.name, item.limit = "lighthouse", 3.2
    choices = bpy.context.scene.nano_banana
    choices.prompt, choices.project = PROMPTS[1], "lighthouse"
    shown().money.by = "project"
    yield from fill_the_window()
    area, region = yield from sidebar("VIEW_3D", "Nano Banana")
    yield 0.5
    yield from scroll(area, region, 60)
    _, y = yield from find(mouse, area, region, "nano_banana.export_ledger")
    yield from mouse.move(region.x + 4, region.y + 4)
    yield 0.3
    picture("ledger", region, int(region.y + region.height - y) + 30)
    yield from fill_the_window()


def fill_the_window() -> Steps:
    """Give the largest editor all the height there is, or give it back."""
    window = bpy.context.window_manager.windows[0]
    area = max(window.screen.areas, key=lambda a: a.width * a.height)
    with bpy.context.temp_override(window=window, area=area):
        bpy.ops.screen.screen_full_area()
    yield 0.3


def gallery(mouse: Mouse) -> Steps:
    """Search by typing, then everything."""
    area, region = yield from sidebar("IMAGE_EDITOR", "Nano Banana")
    x, y = yield from find(mouse, area, region, "history.text")
    yield from mouse.click(x, y)
    yield from mouse.type("neon")
    yield from mouse.key("RET")
    yield from until(lambda: shown().history.total == 5, "the search finds five")
    shown().history.text = ""
    yield 1.5  # the icons are read in the background
    picture("history", region)


def details(mouse: Mouse) -> Steps:
    """Choose a picture with the mouse, then compare two."""
    shown().history.text = "take 3"
    area, region = yield from sidebar("IMAGE_EDITOR", "Nano Banana")
    yield 0.5
    ids = [entry.name for entry in shown().history.entries if entry.thumbnail]
    x, y = yield from find(mouse, area, region, "history_choose")
    yield from mouse.click(x, y)
    yield from until(lambda: shown().history.details.name, "details are shown")
    bpy.ops.nano_banana.compare_mark(generation=ids[2])
    yield 1.0
    picture("details", region)
    assert "Mossy" in shown().history.details.prompt
    yield from compare(mouse, area, ids[2], ids[1])


def compare(mouse: Mouse, area: bpy.types.Area, left: str, right: str) -> Steps:
    window = bpy.context.window_manager.windows[0]
    before = set(bpy.data.images)
    region = next(r for r in area.regions if r.type == "WINDOW")
    with bpy.context.temp_override(window=window, area=area, region=region):
        bpy.ops.nano_banana.compare("INVOKE_DEFAULT", left=left, right=right)
    running = module("features.compare").get_active_wipe
    assert running() is not None
    yield 0.5
    middle = (region.x + region.width * 0.5, region.y + region.height * 0.5)
    yield from mouse.move(*middle)
    mouse.event("LEFTMOUSE", "PRESS")
    yield None
    yield from mouse.move(region.x + region.width * 0.3, middle[1])
    yield from until(lambda: abs(running().divider - 0.3) < 0.02, "the divider follows")
    mouse.event("LEFTMOUSE", "RELEASE")
    yield None
    yield from mouse.move(region.x + region.width * 0.45, middle[1])
    yield 0.5
    assert abs(running().divider - 0.3) < 0.02, "the divider stays where it was let go"
    picture("compare")
    yield from mouse.key("ESC")
    yield from until(lambda: running() is None, "Esc ends the comparison")
    assert set(bpy.data.images) == before


def after_a_crash(mouse: Mouse) -> Steps:
    leave_as_a_crash_does()
    module("features.recovery").offer()
    assert shown().notice.startswith("3 generations"), shown().notice
    area, region = yield from sidebar("VIEW_3D", "Nano Banana")
    yield from scroll(area, region, -60)
    x, y = yield from find(mouse, area, region, "nano_banana.recovery")
    yield from mouse.click(x, y)
    yield 1.5
    picture("recovery")
    yield from mouse.key("RET")
    assert not module("session.session").current().link.alive, "nothing is sent by itself"
    yield 0.3


driver.play(case)
