# SPDX-License-Identifier: GPL-3.0-or-later
"""The moments at which a Blender, its worker process or both are killed.

Each asks, kills, and leaves no Blender alive.
"""

from __future__ import annotations

import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from PIL import Image

from nano_banana_addon.core.constants import State
from nano_banana_addon.core.result import Generation

from .accounting import by_name
from .harness import Blender, Place, until

#: A 4K answer takes some seconds to arrive.
_SLOW = "[[sim:trickle piece=131072 pause=0.02]]"
_WAITS = "[[sim:429_per_minute delay={seconds}s times=1]]"


@dataclass
class Scene:
    """One round: where, who asks for which pictures, and what was done to whom."""

    place: Place
    blender: Blender
    names: list[str]
    dice: random.Random
    kills: Counter[str] = field(default_factory=Counter[str])
    #: How often more than once a picture may be asked for, by a certain no of the service.
    refused: Counter[str] = field(default_factory=Counter[str])

    def press(self, **given: object) -> None:
        """Press the button for each name."""
        self.blender.do("press", names=self.names, **given)

    def generation(self, name: str) -> Generation | None:
        """What the history says of a name."""
        return by_name(self.place.generations()).get(name)

    def states(self) -> Counter[State]:
        """How many of this round's are in which state."""
        found = by_name(self.place.generations())
        return Counter(found[name].state for name in self.names if name in found)

    def until_states(self, **wanted: int) -> None:
        """Wait until so many are in each of these states."""
        counted = Counter({State(name): count for name, count in wanted.items()})
        until(lambda: self.states() == counted, f"{self.names} are {wanted}")

    def until_arriving(self) -> None:
        """Wait until a good part of the first picture is here."""

        def is_arriving() -> bool:
            found = self.generation(self.names[0])
            return bool(found and found.state is State.RECEIVING and found.progress > 0.2)

        until(is_arriving, "the picture arrives")

    def kill_courier(self) -> None:
        """The worker process, at once."""
        (courier,) = self.place.couriers()
        os.kill(courier, signal.SIGKILL)
        self.kills["courier"] += 1

    def kill_blender(self) -> None:
        """Blender, at once."""
        self.blender.kill()
        self.kills["Blender"] += 1

    def died(self) -> None:
        """Blender has killed itself at a moment that no other process can hit."""
        self.blender.gone()
        self.kills["Blender"] += 1


def right_after_the_button(scene: Scene) -> None:
    """The worker process is not even started."""
    scene.blender.order("press", names=scene.names, die=True)
    scene.died()


def while_four_are_painted_and_two_wait_for_their_turn(scene: Scene) -> None:
    """What is sent is waited for, the rest stays."""
    scene.press(case="[[sim:silence seconds=2]]")
    scene.until_states(GENERATING=4, QUEUED=2)
    scene.kill_blender()


def both_while_it_is_sent(scene: Scene) -> None:
    """The service does not read: the request's body is stuck on its way."""
    heavy = _heavy_references(scene.place.folder)
    server = scene.place.server.process
    os.kill(server.pid, signal.SIGSTOP)
    try:
        scene.press(references=heavy)
        scene.until_states(SENDING=1)
        scene.kill_courier()
        scene.kill_blender()
    finally:
        os.kill(server.pid, signal.SIGCONT)


def a_script_that_waits_for_its_picture(scene: Scene) -> None:
    """The operator blocks in Blender's main thread."""
    scene.blender.order("run_operator", name=scene.names[0], case="[[sim:silence seconds=2]]")
    scene.until_states(GENERATING=1)
    scene.kill_blender()


def while_a_4k_picture_arrives(scene: Scene) -> None:
    """The worker process goes on alone."""
    scene.press(case=_SLOW, size="4K", source="CAMERA")
    scene.until_arriving()
    scene.kill_blender()


def both_while_a_4k_picture_arrives(scene: Scene) -> None:
    """Nobody is left to receive it."""
    scene.press(case=_SLOW, size="4K")
    scene.until_arriving()
    scene.kill_courier()
    scene.kill_blender()


def the_courier_while_a_4k_picture_arrives(scene: Scene) -> None:
    """Blender lives and tells, and asks nobody again by itself."""
    scene.press(case=_SLOW, size="4K")
    scene.until_arriving()
    scene.kill_courier()
    scene.until_states(UNKNOWN=1)
    id = _id(scene, scene.names[0])
    until(lambda: scene.blender.do("shown")["results"].get(id) == "UNKNOWN", "it is told")
    assert "may have been billed" in scene.blender.do("shown")["said"][id]
    scene.kill_blender()


def the_courier_just_after_the_last_byte(scene: Scene) -> None:
    """The answer is noted, and not yet in its place: Blender completes it and delivers."""
    scene.press(size="4K")
    noted = scene.place.store.places.receiving / _id(scene, scene.names[0]) / "answer.json"
    until(noted.exists, "the answer is noted")
    scene.kill_courier()
    _until_delivered(scene)
    scene.kill_blender()


def while_it_waits_for_another_try(scene: Scene) -> None:
    """Nothing of it is on its way: it is not sent."""
    scene.press(case=_WAITS.format(seconds=60))
    scene.until_states(WAITING=1)
    scene.kill_blender()


def the_courier_while_it_waits_for_another_try(scene: Scene) -> None:
    """Another worker process sends what was surely not painted; Blender dies right after the delivery."""
    scene.press(case=_WAITS.format(seconds=4))
    scene.until_states(WAITING=1)
    scene.kill_courier()
    scene.refused.update(scene.names)
    _until_delivered(scene)
    scene.kill_blender()


def in_the_middle_of_a_delivery(scene: Scene) -> None:
    """The image is in the file, which is lost with Blender; the history does not know of it yet."""
    scene.blender.do("die_delivering")
    scene.press(source="CAMERA")
    scene.died()


def at_any_moment(scene: Scene) -> None:
    """Whatever they are doing."""
    scene.press(case=f"[[sim:silence seconds={scene.dice.uniform(0.0, 1.0):.2f}]]")
    time.sleep(scene.dice.uniform(0.0, 2.5))  # the random moment
    scene.kill_blender()


@dataclass(frozen=True)
class Moment:
    """How many are asked for, and what a start says of them: by the accounts where it is not certain."""

    act: Callable[[Scene], None]
    asked: int = 1
    told: tuple[str, ...] | None = None


MOMENTS = (
    Moment(right_after_the_button, 2),
    Moment(
        while_four_are_painted_and_two_wait_for_their_turn,
        6,
        ("RECEIVED",) * 4 + ("NOT_SENT",) * 2,
    ),
    Moment(both_while_it_is_sent, 1, ("UNKNOWN",)),
    Moment(a_script_that_waits_for_its_picture, 1, ("RECEIVED",)),
    Moment(while_a_4k_picture_arrives, 1, ("RECEIVED",)),
    Moment(both_while_a_4k_picture_arrives, 1, ("UNKNOWN",)),
    Moment(the_courier_while_a_4k_picture_arrives, 1, ("UNKNOWN",)),
    Moment(the_courier_just_after_the_last_byte, 1, ()),
    Moment(while_it_waits_for_another_try, 1, ("NOT_SENT",)),
    Moment(the_courier_while_it_waits_for_another_try, 1, ()),
    Moment(in_the_middle_of_a_delivery, 1, ("RECEIVED",)),
    Moment(at_any_moment, 5),
    Moment(at_any_moment, 5),
)


def _id(scene: Scene, name: str) -> str:
    found = scene.generation(name)
    assert found
    return found.id


def _until_delivered(scene: Scene) -> None:
    def is_delivered() -> bool:
        found = scene.generation(scene.names[0])
        return bool(found and found.delivered)

    until(is_delivered, "the picture is delivered")


def _heavy_references(folder: Path) -> list[str]:
    """More bytes than the sockets between worker process and service take."""
    paths = [folder / f"heavy-{number}.png" for number in range(2)]
    for path in paths:
        Image.effect_noise((2300, 2300), 60).save(path, compress_level=1)
    return [str(path) for path in paths]
