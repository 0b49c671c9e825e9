# SPDX-License-Identifier: GPL-3.0-or-later
"""An assistant types Python over a socket, as the official MCP server does, and the artist answers in the tab.

Each call is timed in Blender's main thread. Takes images of the question.
"""

from __future__ import annotations

import json
import queue
import socket
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import bpy

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from devtools.demo import scene as still_life
from tests.ui import driver
from tests.ui.driver import OUTPUT, Mouse, Steps, find, picture, provide_google, sidebar, under, until

COUNT = 20
TYPED = "from bl_ext.user_default.nano_banana.nano_banana_addon.features.agent import calls\n"
_asked: queue.Queue[tuple[str, queue.Queue[Any]]] = queue.Queue()


class Assistant:
    """A client that sends code, ended by a zero byte, and gets the value of `result` and the seconds it took."""

    def __init__(self) -> None:
        server = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=_serve, args=(server,), daemon=True).start()
        self.connection = socket.create_connection(server.getsockname())
        self.seconds: dict[str, list[float]] = {}

    def call(self, name: str, *arguments: Any) -> dict[str, Any]:
        words = ", ".join(f"json.loads({json.dumps(json.dumps(each))})" for each in arguments)
        code = f"import json\n{TYPED}result = calls.{name}({words})"
        self.connection.sendall(json.dumps({"type": "execute", "code": code}).encode() + b"\0")
        answer = json.loads(_receive(self.connection))
        self.seconds.setdefault(name, []).append(answer["seconds"])
        return answer["result"]


def _receive(connection: socket.socket) -> bytes:
    data = b""
    while not data.endswith(b"\0"):
        data += connection.recv(65536)
    return data[:-1]


def _serve(server: socket.socket) -> None:
    connection, _ = server.accept()
    while True:
        answer: queue.Queue[Any] = queue.Queue()
        _asked.put((json.loads(_receive(connection))["code"], answer))
        connection.sendall(json.dumps(answer.get()).encode() + b"\0")


def execute() -> float:
    """In the main thread, from a timer: what was asked for."""
    while not _asked.empty():
        code, answer = _asked.get()
        names: dict[str, Any] = {}
        begin = time.perf_counter()
        exec(code, names)
        answer.put({"result": names["result"], "seconds": time.perf_counter() - begin})
    return 0.02


def ask(number: int, **further: Any) -> dict[str, Any]:
    settings = {"image_size": "1K", "source": "CAMERA"}
    return {
        "task": "restyle",
        "prompt": f"oil painting {number}",
        "caller": "Studio Tool",
        "settings": settings,
    } | further


def measure(assistant: Assistant) -> None:
    """Each call twenty times, for an image and for a texture of a dense mesh."""
    texture = {"task": "texture", "objects": ["Dense"], "texture": {"count": 6, "texture_size": 1024}}
    for number in range(COUNT):
        for kind, request in (("image", ask(number)), ("texture", ask(number, **texture))):
            assistant.call("capabilities")
            quoted = assistant.call("quote", request)
            assert quoted["ok"], quoted
            started = assistant.call("submit", request, quoted["usd"], f"measured {kind} {number}")
            assert started["ok"], started
            for name in ("status", "wait", "result", "cancel", "status"):
                assert assistant.call(name, started["id"])["ok"]


def set_the_stage() -> None:
    for each in list(bpy.data.objects):
        bpy.data.objects.remove(each)
    still_life.build()
    bpy.ops.mesh.primitive_uv_sphere_add(segments=640, ring_count=400, radius=0.4)
    bpy.context.object.name = "Dense"
    bpy.context.scene.render.engine = "BLENDER_WORKBENCH"
    choices = bpy.context.scene.nano_banana
    choices.image_size, choices.shading, choices.prompt = "1K", "SOLID", "Oil painting of a still life"


def background(work: Any, *arguments: Any) -> Steps:
    """Run the assistant in a thread while Blender goes on; fails as it does."""
    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(work, *arguments)
        yield from until(future.done, "the assistant has ended", 600)
        future.result()


def case() -> Steps:
    simulator = provide_google()
    set_the_stage()
    area, region = yield from sidebar("VIEW_3D", "Nano Banana")
    mouse = Mouse(bpy.context.window_manager.windows[0])
    bpy.app.timers.register(execute)
    assistant = Assistant()

    yield from background(measure, assistant)
    figures = {name: [len(each), round(max(each), 3)] for name, each in assistant.seconds.items()}
    (OUTPUT / "assistant.json").write_text(json.dumps(figures))
    assert not [r for r in simulator.requests if r.method == "POST"], "nothing was allowed"
    yield from until(lambda: not bpy.app.timers.is_registered(execute) or _asked.empty(), "calm")

    jobs: list[dict[str, Any]] = []
    for number, is_allowed in enumerate((False, True)):
        yield from background(lambda n=number: jobs.append(assistant.call("submit", ask(100 + n), 1.0, f"asked {n} …")))
        stands = yield from follow(assistant, jobs[-1]["id"], ("NEEDS_CONSENT",))
        told = [stands]
        region.tag_redraw()
        yield 1.0
        picture("assistant_question" if number == 0 else "assistant_question_again", region)
        x, y = yield from find(mouse, area, region, "allow=True")
        if not is_allowed:
            y = yield from find_refuse(mouse, area, region, x, y)
        yield from mouse.click(x, y)
        stands = yield from follow(assistant, jobs[-1]["id"], ("DONE", "FAILED"))
        told.append(stands)
        (OUTPUT / f"assistant_states_{number}.json").write_text(json.dumps(told))
        assert stands["state"] == ("DONE" if is_allowed else "FAILED")
        assert len([r for r in simulator.requests if r.method == "POST"]) == number
    region.tag_redraw()
    yield 1.0
    picture("assistant_done")
    simulator.stop()


def find_refuse(mouse: Mouse, area: bpy.types.Area, region: bpy.types.Region, x: float, y: float) -> Any:
    for further in range(6, 60, 4):
        yield from mouse.move(x, y - further)
        found = under(area, region)
        if "answer_script" in found and "allow=True" not in found:
            return y - further - 3
    raise LookupError("Refuse is not below Allow Once")


def follow(assistant: Assistant, job: str, states: tuple[str, ...]) -> Any:
    """Ask for the state, as an assistant does, until it is one of these."""
    seen: list[dict[str, Any]] = [{}]
    end = time.monotonic() + 120
    while seen[-1].get("state") not in states:
        assert time.monotonic() < end, seen[-1]
        yield from background(lambda: seen.append(assistant.call("status", job)))
        yield 0.1
    return seen[-1]


driver.play(case)
