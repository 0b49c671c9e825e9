# SPDX-License-Identifier: GPL-3.0-or-later
"""The request: everything that a generation needs, as frozen values without Blender."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from pathlib import PureWindowsPath
from typing import Any

from . import serial
from .constants import BATCH, DRIFT_LIMIT, SHEET, DeliveryKind, EditMode, Kind, ReferenceRole
from .material.values import BaseMaps
from .material_settings import MaterialSettings
from .scene.capture import Capture, DataBlockRef, EarlierImage, MapPanel, ObjectPose, SceneNote, ViewTile

#: The fields of a request that do not decide about its image, or are counted in another way.
_BOOKKEEPING = (
    *("delivery", "capture", "region", "blend_path", "scene", "project", "shot", "shot_id", "seen", "choices"),
    *("texture", "needs", "count", "workflow", "caller"),
)


@dataclass(frozen=True, slots=True)
class Reference:
    """One image that goes with the prompt.

    `path` is the file as it was given (a capture, the user's file); the store keeps what was really sent under
    `sha256`. `label` is shown to the user and, for guides, named in the text.
    """

    role: ReferenceRole
    path: str
    label: str = ""
    sha256: str = ""
    mime_type: str = ""
    width: int = 0
    height: int = 0
    byte_count: int = 0
    prepared: str = ""  # what was changed on the way: "converted from TIFF to PNG, 8192 -> 4096 px"
    frame: str = ""  # of a PREVIOUS image that is not the one before: ANCHOR or SHEET
    partly: bool = False  # of a PREVIOUS image: not its light, place and moment


@dataclass(frozen=True, slots=True)
class Need:
    """The result of another request, which joins the references under `role` and `label` once it is there.

    `generation` is its id; "@n" names the n-th request, from 0, of those that are recorded together. Where there is no
    result, a `required` need ends the request in words; else it goes without. From the result of a `drawn` need Blender
    draws a picture first: the worker never releases such a request. With `number` nothing is sent: the image of that
    number, from 0, in the other's answer is the result.
    """

    generation: str
    role: ReferenceRole
    label: str = ""
    required: bool = False
    drawn: bool = False
    number: int = 0
    frame: str = ""  # these two as those of `Reference`
    partly: bool = False


@dataclass(frozen=True, slots=True)
class Region:
    """A part of an image that is to change; everything outside of it stays the image's.

    `image` and `mask` are paths of files that are named by their content: the whole image, unchanged (for EXTEND with
    the border that was added), and an 8-bit grey image of its size, above 0 where it changes. `box` is what was sent
    (left, top, right, bottom in the image's pixels), on a canvas of so many pixels.
    """

    image: str
    mask: str
    box: tuple[float, float, float, float]
    canvas: tuple[int, int]
    target: DataBlockRef | None = None  # the image data-block that was edited
    mode: EditMode = EditMode.CHANGE
    wraps: bool = False  # the image repeats: `box` is of the image with its edges in the middle, as it was sent


@dataclass(frozen=True, slots=True)
class BaseTexture:
    """An existing texture to which a view is added: its image, which never changes, and the material slots it fills."""

    image: DataBlockRef
    slots: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class TextureContext:
    """The role of an image in a texture made of several images: all that is needed to bake it again."""

    job: str  # the images of one texture share it
    shown: tuple[ViewTile, ...]
    targets: tuple[ObjectPose, ...]
    of_views: int = 1
    mode: str = "SINGLE"
    texture_size: int = 2048
    uv_map: str = ""
    drift_limit: float = DRIFT_LIMIT
    both_sides: bool = False
    earlier: tuple[EarlierImage, ...] = ()  # those that were not generated together with this one
    keyframes: bool = False  # each view saw its own targets, at its own frame
    remove_light: float = 0.0  # of the light in the images, 0 ... 1
    base: BaseTexture | None = None  # what the view is added to; None: a new texture
    atlas: bool = False  # the targets share one map
    pbr: bool = False  # roughness and metallic are wanted, too
    panels: tuple[MapPanel, ...] = ()  # of a sheet of grey maps, which shows no view in colour
    udim: bool = False  # a tiled image, also where the UVs lie in one tile


@dataclass(frozen=True, slots=True)
class Delivery:
    """Where the result is delivered automatically."""

    kinds: tuple[str, ...] = (DeliveryKind.IMAGE.value,)  # ids of delivery targets
    objects: tuple[DataBlockRef, ...] = ()
    scene: DataBlockRef | None = None
    name: str = ""  # of the image data-block or strip
    pack: bool = False
    strip_start: int = 0  # frames; for STRIP
    strip_length: int = 0
    member: str = ""  # of the cast, by its id; for CAST
    material: MaterialSettings | None = None  # for PBR_MATERIAL
    maps_of: BaseMaps | None = None  # for PBR_MATERIAL: the image shows maps of a material, side by side
    repairs: str = ""  # for PBR_MATERIAL: the SHA-256 of the image whose material has the seam that was closed


@dataclass(frozen=True, slots=True)
class GenerationRequest:
    """Everything that decides what the model generates, and where the result is delivered.

    Empty strings and None mean "not sent: the service's default". `aspect_ratio` "" follows the last image. Only what
    `content_fields` returns decides about the image; the rest is bookkeeping.
    """

    prompt: str
    kind: Kind = Kind.RESTYLE
    provider: str = "google"
    model: str = "gemini-3-pro-image"
    image_size: str = "2K"
    aspect_ratio: str = ""
    references: tuple[Reference, ...] = ()
    system_instruction: str = ""
    thinking_level: str = ""
    include_thoughts: bool = False
    google_search: bool = False
    image_search: bool = False
    media_resolution: str = ""
    temperature: float | None = None
    seed: int | None = None
    strength: float | None = None
    negative_prompt: str = ""
    steps: int | None = None
    guidance: float | None = None
    workflow: str = ""  # the path of a workflow of the artist's own; its content counts
    workflow_sha256: str = ""
    service_tier: str = ""
    quality: str = ""
    safety: dict[str, str] = dataclass_field(default_factory=dict[str, str])
    together: bool = False  # with the other variants or shots in one call, so that they match
    count: int = 1  # of images in the answer: its own, and those of the requests that need it for theirs
    continues: str = ""  # the generation that this one changes; its turn is echoed
    #: Why that turn is not echoed; then the earlier image is among the references instead.
    picture_instead: str = ""
    variant: int = 0  # 0 ... 7: variants of one request are told apart only by this
    capture: Capture | None = None
    region: Region | None = None
    scene_notes: tuple[SceneNote, ...] = ()  # those that the captured image shows
    delivery: Delivery = Delivery()
    blend_path: str = ""
    scene: str = ""
    project: str = ""
    shot: str = ""  # its name in the storyboard
    shot_id: str = ""  # of the list of shots
    seen: str = ""  # digest of what the shot's camera saw
    #: How the panel stood (`settings.as_words`), so that all of it can be chosen again.
    choices: dict[str, str] = dataclass_field(default_factory=dict[str, str])
    texture: TextureContext | None = None  # for views of an object
    needs: tuple[Need, ...] = ()  # until they are among the references; never those of a request that was sent
    caller: str = ""  # the script that asked, by the name that it gave; "": the artist

    @property
    def shared(self) -> Need | None:
        """The request whose answer holds this one's image; nothing is sent for it then."""
        return next((need for need in self.needs if need.number), None)

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values without default values. A request holds no secrets."""
        return serial.to_plain(self)

    @classmethod
    def from_dict(cls, plain: dict[str, Any]) -> GenerationRequest:
        """The inverse of `to_dict`; keys of newer versions are ignored."""
        return serial.from_plain(cls, plain)

    def content_fields(self) -> dict[str, Any]:
        """The part that decides about the image: settings and references.

        References count by content, role and the name under which the text speaks of them (a STRUCTURE has none there).
        Of several STRUCTURE images only the first is the request's own: the others are those of requests that share
        its answer.
        """
        plain = self.to_dict()
        for name in _BOOKKEEPING:
            plain.pop(name, None)
        if self.service_tier == BATCH:  # the same image, at another time
            plain.pop("service_tier")
        if self.region:
            mode = [self.region.mode] if self.region.mode != EditMode.CHANGE else []
            mode += ["WRAPS"] if self.region.wraps else []
            plain["region"] = [PureWindowsPath(path).name for path in (self.region.image, self.region.mask)] + mode
        others = [r for r in self.references if r.role is ReferenceRole.STRUCTURE][1:]
        references = [r for r in self.references if r not in others]
        labels = ["" if r.role is ReferenceRole.STRUCTURE else r.label.strip() for r in references]
        plain["references"] = [
            [r.role.value, r.sha256 or r.path, *filter(None, [name, r.frame, r.partly and "PARTLY"])]
            for r, name in zip(references, labels, strict=True)
        ]
        return plain

    def compute_digest(self) -> str:
        """SHA-256 (hex) over `content_fields`: equal for requests that would generate the same."""
        text = json.dumps(self.content_fields(), sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def structure_last(references: tuple[Reference, ...]) -> tuple[Reference, ...]:
    """The user's order, but STRUCTURE last: the model takes ratio and layout from the last image. A sheet before it."""
    return tuple(sorted(references, key=lambda r: (r.role is ReferenceRole.STRUCTURE, r.frame == SHEET)))
