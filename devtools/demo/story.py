# SPDX-License-Identifier: GPL-3.0-or-later
"""The scene of the storyboard demo: three characters, a kitchen and a quay, and twelve shots of a short story."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import radians

import bpy

from devtools.demo.scene import aim
from devtools.demo.story_shapes import Figure, add_figure, add_kitchen, add_lantern, add_quay

Place = tuple[float, float, float]

FIGURES = (
    Figure("Mara", "a tall woman in a red coat and a wide hat", (0.55, 0.05, 0.04), (0.12, 0.03, 0.04), brim=0.3),
    Figure("Ole", "a stout man in a blue coat with a grey cap", (0.05, 0.14, 0.36), (0.3, 0.31, 0.33), 0.93, 1.25),
    Figure("Pip", "a child in a yellow raincoat and hat", (0.8, 0.5, 0.04), (0.85, 0.56, 0.06), 0.66, 0.72, 0.24),
)
LANTERN = "Lantern"
PLACES = {"Kitchen": "an old kitchen with green walls", "Quay": "a wooden quay with a red boat, a lighthouse behind it"}
#: Where the middle of each place is: so far apart that no camera sees both.
_KITCHEN, _QUAY = (0.0, 0.0, 0.0), (300.0, 0.0, 0.0)
FIRST_FRAME = 1


@dataclass(frozen=True, slots=True)
class StoryShot:
    """A shot: where the camera is and looks, what is said of it, and who goes where, turned by how many degrees.

    Places are from the middle of the shot's place. Who is not named stays.
    """

    name: str
    place: Place
    camera: Place
    target: Place
    lens: float
    length: int
    action: str
    dialogue: str = ""
    notes: str = ""
    moves: Mapping[str, tuple[Place, float]] = field(default_factory=dict)


SHOTS = (
    StoryShot(
        "Kitchen, Wide",
        *(_KITCHEN, (0.3, -5.6, 2.0), (0.1, 0.6, 0.9), 30, 60),
        "Evening. Mara and Ole stand at the table. Pip watches the sea from the window.",
        notes="The only light is the lantern's.",
        moves={
            "Mara": ((-1.5, 0.4, 0), 80),
            "Ole": ((0.95, 0.5, 0), -80),
            "Pip": ((1.7, 1.9, 0), 180),
            LANTERN: ((0.1, 0.25, 0.78), 0),
        },
    ),
    StoryShot(
        "Mara and Ole",
        *(_KITCHEN, (-0.3, -2.9, 1.5), (-0.3, 0.5, 1.15), 38, 48),
        "Neither of them looks at the other.",
        "OLE: It should have been lit an hour ago.",
    ),
    StoryShot(
        "Pip at the Window",
        *(_KITCHEN, (2.5, 0.2, 1.3), (1.65, 2.0, 1.05), 50, 36),
        "Pip wipes the pane with a sleeve.",
        "PIP: It's dark. The tower's dark!",
    ),
    StoryShot(
        "Mara Looks Up",
        *(_KITCHEN, (-0.35, -0.25, 1.55), (-1.5, 0.4, 1.5), 60, 24),
        "She has known for a while.",
        moves={"Mara": ((-1.5, 0.4, 0), 60)},
    ),
    StoryShot(
        "The Lantern",
        *(_KITCHEN, (0.15, -0.75, 1.15), (0.05, 0.3, 0.86), 60, 24),
        "The flame shrinks, then steadies.",
        notes="Insert. Rack focus to the bowl.",
    ),
    StoryShot(
        "Ole Decides",
        *(_KITCHEN, (-0.5, -0.9, 1.3), (1.05, 0.5, 1.3), 45, 36),
        "He pulls down his cap.",
        "OLE: Get your boots, Pip.",
        moves={"Ole": ((1.05, 0.45, 0), -40), "Mara": ((-2.2, 0.9, 0), 60)},
    ),
    StoryShot(
        "Quay, Wide",
        *(_QUAY, (3.8, -11.5, 2.6), (-1.2, 4.0, 1.6), 28, 60),
        "Night. The three walk out on the quay. The lighthouse is a black shape.",
        notes="Day for night. Hold two seconds before they enter.",
        moves={
            "Mara": ((-0.5, -3.6, 0), 170),
            "Ole": ((0.5, -4.4, 0), 190),
            "Pip": ((0.1, -2.2, 0), 180),
            LANTERN: ((-0.85, -3.75, 0.42), 0),
        },
    ),
    StoryShot(
        "Mara Carries the Lantern",
        *(_QUAY, (-1.3, -0.9, 1.3), (-0.35, -3.6, 1.05), 42, 36),
        "Wind in her coat. She shields the flame with her hand.",
        moves={"Mara": ((-0.4, -3.6, 0), 10), "Ole": ((0.9, -6.0, 0), 10), LANTERN: ((-0.72, -3.75, 0.42), 0)},
    ),
    StoryShot(
        "Pip Runs Ahead",
        *(_QUAY, (-0.7, 6.4, 0.9), (0.15, 3.2, 0.65), 40, 24),
        "Boots on planks.",
        "PIP: I can see the boat!",
        moves={"Pip": ((0.1, 3.4, 0), 5), "Mara": ((0.9, -6.0, 0), 0), LANTERN: ((0.55, -6.2, 0.42), 0)},
    ),
    StoryShot(
        "The Boat",
        *(_QUAY, (-0.6, 4.9, 1.9), (2.9, 1.3, 0.1), 35, 36),
        "It knocks against the posts, slowly, like someone at a door.",
        moves={"Pip": ((-1.0, -2.6, 0), 180), "Ole": ((0.6, -5.2, 0), 180)},
    ),
    StoryShot(
        "Ole Casts Off",
        *(_QUAY, (-1.4, -1.6, 1.5), (0.7, 1.4, 0.9), 40, 36),
        "The rope comes free at the second try.",
        "OLE: Mind the step. — Mara? Are you coming?",
        "Keep the mast out of his hat.",
        moves={"Ole": ((0.6, 1.3, 0), 60)},
    ),
    StoryShot(
        "Towards the Light",
        *(_QUAY, (2.6, -8.4, 3.4), (-3.2, 8.0, 2.2), 32, 72),
        "From behind: all three look at the tower. Far up, a spark, and then the beam.",
        notes="Last shot. Fade to white with the beam.",
        moves={
            "Mara": ((-0.7, 0.6, 0), 165),
            "Ole": ((0.6, 0.9, 0), 165),
            "Pip": ((0.0, 1.6, 0), 165),
            LANTERN: ((-1.05, 0.45, 0.42), 0),
        },
    ),
)


def build(scene: bpy.types.Scene) -> None:
    """Fill an empty scene; the shots are its timeline markers."""
    add_kitchen(_KITCHEN)
    add_quay(_QUAY)
    roots = {figure.name: add_figure(figure) for figure in FIGURES} | {LANTERN: add_lantern()}
    _light(scene)
    start = FIRST_FRAME
    for shot in SHOTS:
        camera = _add_camera(shot)
        scene.timeline_markers.new(shot.name, frame=start).camera = camera
        _move(roots, shot, start)
        start += shot.length
    scene.frame_start, scene.frame_end = FIRST_FRAME, start - 1
    scene.camera = scene.timeline_markers[0].camera
    scene.render.resolution_x, scene.render.resolution_y = 1920, 1080
    scene.frame_set(FIRST_FRAME)


def _shift(middle: Place, at: Place) -> Place:
    x, y, z = (a + b for a, b in zip(middle, at, strict=True))
    return x, y, z


def _add_camera(shot: StoryShot) -> bpy.types.Object:
    data = bpy.data.cameras.new(shot.name)
    data.lens = shot.lens
    return aim(data, _shift(shot.place, shot.camera), _shift(shot.place, shot.target))


def _move(roots: Mapping[str, bpy.types.Object], shot: StoryShot, start: int) -> None:
    """Stand everybody where the shot has them, from its first frame to its last."""
    for name, root in roots.items():
        if name in shot.moves:
            at, turn = shot.moves[name]
            root.location, root.rotation_euler.z = _shift(shot.place, at), radians(turn)
        for frame in (start, start + shot.length - 1):
            root.keyframe_insert("location", frame=frame)
            root.keyframe_insert("rotation_euler", index=2, frame=frame)


def _light(scene: bpy.types.Scene) -> None:
    lamp = bpy.data.lights.new("Kitchen Lamp", "AREA")
    lamp.energy, lamp.color, lamp.size = 220.0, (1.0, 0.8, 0.55), 1.5
    aim(lamp, (0.6, -1.8, 3.4), (0.0, 0.6, 0.6))
    sun = bpy.data.lights.new("Sky", "SUN")
    sun.energy, sun.color, sun.angle = 1.6, (0.7, 0.8, 1.0), 0.2
    aim(sun, (296.0, -6.0, 8.0), (300.0, 0.0, 0.0))
    world = bpy.data.worlds.new("Dusk")
    if world.node_tree is None:  # before 5.0, where worlds are not always node trees
        world.use_nodes = True
    for node in world.node_tree.nodes:
        if node.bl_idname == "ShaderNodeBackground":
            node.inputs["Color"].default_value = (0.16, 0.24, 0.36, 1.0)
    scene.world = world
