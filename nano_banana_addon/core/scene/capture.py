# SPDX-License-Identifier: GPL-3.0-or-later
"""What was captured of the scene, as frozen values without Blender."""

from __future__ import annotations

from dataclasses import dataclass

from .frames import Framing

MatrixRows = tuple[tuple[float, float, float, float], ...]


@dataclass(frozen=True, slots=True)
class DataBlockRef:
    """A reference by which a data-block is found again.

    By `session_uid` while the same file stays open (`file_session` names that opening), else by type, name and library
    in the .blend it came from.
    """

    type: str  # "OBJECT", "SCENE", "MATERIAL", "IMAGE", "CAMERA" ...
    name: str
    library: str = ""
    session_uid: int = 0
    file_session: str = ""


@dataclass(frozen=True, slots=True)
class View:
    """The camera from which an image was captured, frozen.

    Matrices are rows; `world` takes camera space to world space, `projection` takes camera space to the clip space of
    the *canvas* (the framing's window included; OpenGL's conventions, y up).
    """

    world: MatrixRows
    projection: MatrixRows
    orthographic: bool = False
    camera: str = ""
    frame_number: int = 0


@dataclass(frozen=True, slots=True)
class Capture:
    """What a structure image shows: where from, how it lies on the canvas, what was transparent.

    `mask` is the path of an 8-bit grey image of the canvas's size (255: the subject), if one was asked.
    """

    source: str  # VIEWPORT, CAMERA, RENDER, LAST_RENDER, IMAGE
    framing: Framing | None = None
    view: View | None = None
    mask: str = ""
    view_transform: str = ""
    objects: tuple[DataBlockRef, ...] = ()


@dataclass(frozen=True, slots=True)
class SceneNote:
    """An instruction for one point of the captured image: parts of its width and height, from its top left corner."""

    number: int
    text: str
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class ObjectPose:
    """A textured object and its transform when the views were captured."""

    object: DataBlockRef
    world: MatrixRows


@dataclass(frozen=True, slots=True)
class DetailTile:
    """A part of a view that is generated again, finer than it is in the view's image.

    `draft` is the generation of that image, `number` (from 0, row by row) its place among `per_side` x `per_side`, of
    which `count` were asked for: those that show the object. `box` is what was sent: left, top, right, bottom as parts
    of the view in that image; it may reach beyond. `forced`: the artist uses the view in spite of what is wrong in it.
    """

    draft: str
    number: int
    per_side: int
    count: int
    box: tuple[float, float, float, float]
    forced: bool = False


@dataclass(frozen=True, slots=True)
class ViewTile:
    """One view in an image: its number among all of the texture's views, and where it lies on the canvas.

    `box` is left, top, right, bottom as parts of the canvas; `size` the view's own canvas in pixels. With `detail` the
    image shows only a part of the view.
    """

    index: int
    view: View
    size: tuple[int, int]
    box: tuple[float, float, float, float] = (0.0, 0.0, 1.0, 1.0)
    prompt: str = ""  # what the artist wrote for this view alone
    detail: DetailTile | None = None


@dataclass(frozen=True, slots=True)
class MapPanel:
    """A grey map of one view in a sheet: the view's number, which map (a value of `core.material.values.Map`), its box.

    `box` is left, top, right, bottom as parts of the canvas.
    """

    index: int
    map: str
    box: tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class EarlierImage:
    """A reused result of an earlier request in a texture: its generation, and the views as they are in it."""

    generation: str
    shown: tuple[ViewTile, ...]
    targets: tuple[ObjectPose, ...] = ()  # of a keyframe
    panels: tuple[MapPanel, ...] = ()
