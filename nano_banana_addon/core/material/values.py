# SPDX-License-Identifier: GPL-3.0-or-later
"""How a material is made of one image, the files that it consists of, and what was found of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Map(StrEnum):
    """The maps of a material, by the ends of their files' names."""

    COLOUR = "diff"  # sRGB, 8 bit
    HEIGHT = "disp"  # 16 bit, Non-Color
    NORMAL = "nor_gl"  # OpenGL, 8 bit, Non-Color
    NORMAL_DIRECTX = "nor_dx"
    ROUGHNESS = "rough"
    METALLIC = "metal"
    OCCLUSION = "ao"


#: Among the files of a set, of a colour map whose joins lie inside: the same with its seam at the edges.
SEAM = "seam"


@dataclass(frozen=True, slots=True)
class MaterialChoices:
    """What is done to an image to make a material of it."""

    seamless: bool = True  # both ways
    remove_light: bool = True
    directx: bool = False  # a normal map for DirectX beside the one for OpenGL
    relief: float = 0.05  # the height of the whole relief, in parts of the image's side
    roughness: float = 0.6  # the mean
    metallic: float = 0.0  # of the whole surface
    closed: bool = False  # the image is a tile whose edges were generated: it stays as it is


#: What cannot be seen, of step, novelty and its 90th percentile: a little more than what differs by chance inside.
SEAM_LIMITS = (1.1, 1.1, 1.15)


@dataclass(frozen=True, slots=True)
class MaterialReport:
    """What was measured. Steps and novelties are ratios to the interior of the image: 1 is like it."""

    step: float  # over the edges, the larger of both ways, the worst map
    novelty: float  # median of patches across the edges, the worst map
    novelty_90: float  # 90th percentile
    detail: float  # of the colour, in parts of the original's
    repair: str = ""  # what closed the seams: "", "gradient", "cut", "blend" or "generated"
    valid: float = 1.0  # the part of the pixels that a physically based renderer expects
    notes: tuple[str, ...] = ()  # sentences for the user
    excess: float = 0.0  # the worst figure in parts of its limit, also of what is repaired inside; 0: not recorded

    @property
    def worst(self) -> float:
        """The worst figure of all, in parts of its limit: above 1 a seam may show."""
        figures = (self.step, self.novelty, self.novelty_90)
        return max(self.excess, *(figure / limit for figure, limit in zip(figures, SEAM_LIMITS, strict=True)))


@dataclass(frozen=True, slots=True)
class BaseMaps:
    """The material that generated maps are for: its image's SHA-256, and the store's folder with its other maps."""

    sha256: str
    folder: str  # its name alone


@dataclass(frozen=True, slots=True)
class MaterialSet:
    """A material as files."""

    name: str
    size: tuple[int, int]  # pixels
    report: MaterialReport
    files: Mapping[str, str] = field(default_factory=dict[str, str])  # absolute paths by `Map`
