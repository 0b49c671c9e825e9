# SPDX-License-Identifier: GPL-3.0-or-later
"""What one image model can do, and the pixels of its images."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from math import inf, sqrt
from types import MappingProxyType

from ...light_tuple import LightTuple

PixelSize = tuple[int, int]
#: In the order in which they are numbered in stored menus; new ones come last.
ALL_RATIOS = (
    *("1:1", "2:3", "3:2", "3:4", "4:3", "4:5", "5:4", "9:16", "16:9", "21:9"),
    *("1:4", "4:1", "1:8", "8:1"),
)
#: Sides of a size as parts of those of 1K.
SCALE = MappingProxyType({"512": 0.5, "1K": 1.0, "2K": 2.0, "3K": 3.0, "4K": 4.0})


_ALIKE: Mapping[str, float] = MappingProxyType({})
_NO_SLOTS: Mapping[str, int] = MappingProxyType({})


def parse_ratio(ratio: str) -> float:
    """Width by height of a text such as "16:9". Raises `KeyError` for any other."""
    across, _, down = ratio.partition(":")
    if not (across.isdecimal() and down.isdecimal() and int(across) and int(down)):
        raise KeyError(ratio)
    return int(across) / int(down)


class SizeRule(LightTuple):
    """The exact sizes that a service takes: sides in steps of `multiple`, a range of pixels, a longest ratio."""

    multiple: int
    min_pixels: int = 0
    max_pixels: int = 2**30
    max_edge: int = 2**30
    max_ratio: float = 16.0

    @cache  # noqa: B019 - rules live as long as the process
    def compute_base(self, ratio: str, sizes: tuple[str, ...]) -> PixelSize:
        """Pixels of the 1K size, of which all others are exact multiples: as near to the ratio as the steps allow."""
        shape = self.limit_shape(parse_ratio(ratio))
        scales = [SCALE[size] for size in sizes]
        step = self.multiple * round(1 / min(1.0, *scales))  # half of it must be a whole step, too
        most = min(1024 * 1024, *(self.max_pixels / scale**2 for scale in scales))
        least = max(0.8 * most, *(self.min_pixels / scale**2 for scale in scales))
        edge = min(self.max_edge / scale for scale in scales)
        best, found = inf, (step, step)
        for down in range(int(sqrt(most / shape)) // step * step, 0, -step):
            across = round(down * shape / step) * step
            if across * down < least and best < inf:
                break
            difference = abs(across / down / shape - 1)
            fits = (
                across * down <= most
                and max(across, down) <= edge
                and max(across, down) <= self.max_ratio * min(across, down)
            )
            if across and fits and difference < best - 1e-6:
                best, found = difference, (across, down)
        return found

    def limit_shape(self, shape: float) -> float:
        """A width by height within the longest ratio."""
        return min(max(shape, 1 / self.max_ratio), self.max_ratio)

    def allows(self, width: int, height: int) -> bool:
        """Whether an image may have so many pixels."""
        return (
            width % self.multiple == 0 == height % self.multiple
            and self.min_pixels <= width * height <= self.max_pixels
            and max(width, height) <= self.max_edge
            and max(width, height) <= self.max_ratio * min(width, height)
        )


class Prices(LightTuple):
    """US dollars per million tokens, a `reference` image counting as so many input tokens; or flat: for each image,
    each megapixel of it, and each reference.
    """

    input: float = 0.0
    text: float = 0.0
    image: float = 0.0
    reference_tokens: int = 560
    per_image: float = 0.0
    per_megapixel: float = 0.0
    per_reference: float = 0.0

    @property
    def is_flat(self) -> bool:
        """Whether tokens cost nothing."""
        return not (self.input or self.text or self.image)

    @property
    def is_free(self) -> bool:
        """Whether nothing costs anything."""
        return self.is_flat and not (self.per_image or self.per_megapixel or self.per_reference)


class Manner(StrEnum):
    """How a model is spoken to."""

    INSTRUCTION = "INSTRUCTION"  # what each image is, what to do, what must stay
    CAPTION = "CAPTION"  # what the image shows, and nothing else
    MIDJOURNEY = "MIDJOURNEY"  # a caption with Midjourney's parameters at its end


class MaskForm(StrEnum):
    """How a mask says what is to be changed."""

    WHITE = "WHITE"  # a grey image, white there
    CLEAR = "CLEAR"  # an image with alpha, transparent there


class ImageModel(LightTuple):
    """What one model can do. An unknown model has generous values and `known` is False.

    `family` names the models that are reached in the same way; `wire.providers` says where. `base_pixels` are the
    pixels of the 1K size by ratio; else `rule` says which exact sizes it takes. What is False, 0 or empty it lacks.
    """

    id: str
    label: str
    base_pixels: Mapping[str, PixelSize]
    image_tokens: Mapping[str, int]
    prices: Prices
    max_references: int = 14
    thinking_levels: tuple[str, ...] = ()
    default_thinking: str = ""
    sends_image_size: bool = True
    system_instruction: bool = True
    google_search: bool = True
    image_search: bool = False
    media_resolution: bool = True
    max_temperature: float = 1.0
    known: bool = True
    note: str = ""
    slots: Mapping[str, int] = (
        _NO_SLOTS  # references that it keeps to, by role; roles that are not named share OBJECT's
    )
    predecessors: tuple[str, ...] = ()
    number: int = 0  # in stored menus; never given to another model, 99 is "Other"
    family: str = "gemini"
    rule: SizeRule | None = None
    manner: Manner = Manner.INSTRUCTION
    structure_first: bool = False  # the image that is changed goes first, not last
    turns: bool = True  # an exchange can be continued
    thoughts: bool = True
    tiers: bool = True
    safety_settings: bool = True
    seeds: bool = True
    series: int = 0  # images that one call takes and returns in all, where it can return several that match
    strength: bool = False
    negative_prompt: bool = False
    max_steps: int = 0
    max_guidance: float = 0.0
    own_workflow: bool = False  # runs what the artist built
    mask: MaskForm | None = None  # takes a mask as such, not in words
    cancels: bool = False  # the service stops when it is told
    resumes: bool = False  # a result can be asked for after a crash
    own_ids: bool = False  # by an id of ours that is kept before anything is ordered
    provenance: str = "SynthID"  # how its images say by themselves what they are
    qualities: Mapping[str, float] = _ALIKE  # parts of the tokens of an image
    warning: str = ""  # to be read and accepted before the first use

    @property
    def sizes(self) -> tuple[str, ...]:
        """The names of the sizes, from small to large: a part of 512, 1K, 2K, 4K."""
        return tuple(self.image_tokens)

    @property
    def ratios(self) -> tuple[str, ...]:
        """The aspect ratios as the API spells them, width first."""
        if self.rule is None:
            return tuple(self.base_pixels)
        return tuple(ratio for ratio in ALL_RATIOS if self.has_ratio(ratio))

    @property
    def default_size(self) -> str:
        """2K where there is one (Nano Banana Pro asks the same for it as for 1K), else the largest."""
        return "2K" if "2K" in self.image_tokens else self.sizes[-1]

    def find_pixel_size(self, ratio: str, size: str) -> PixelSize:
        """Width and height that the API returns. These are not exact ratios (16:9 is 1376 x 768)."""
        if self.rule:
            width, height = self.rule.compute_base(ratio, self.sizes)
        else:
            width, height = self.base_pixels[ratio]
        scale = SCALE[size]
        return round(width * scale), round(height * scale)

    def list_canvases(self, size: str) -> dict[str, PixelSize]:
        """The canvases of an image size, by their ratios."""
        return {ratio: self.find_pixel_size(ratio, size) for ratio in self.ratios}

    def list_pixel_sizes(self, size: str, ratio: str) -> list[PixelSize]:
        """The sizes that the API may return for a request, "" for what it leaves open; none where they are unknown."""
        size = size or ("1K" if "1K" in self.sizes else self.sizes[0])  # the API's own default
        ratios = (ratio,) if ratio else self.ratios
        chooses_pixels = self.rule is not None and not self.sends_image_size
        if not self.known or chooses_pixels or size not in self.sizes or not all(map(self.has_ratio, ratios)):
            return []
        return [self.find_pixel_size(ratio, size) for ratio in ratios]

    def has_ratio(self, ratio: str) -> bool:
        """Whether images may have a ratio: one of the list, or with exact sizes any within bounds."""
        if self.rule is None:
            return ratio in self.base_pixels
        try:
            shape = parse_ratio(ratio)
        except KeyError:
            return False
        return self.rule.limit_shape(shape) == shape

    def follow_frame(self, width: float, height: float) -> str:
        """The ratio of a frame itself where exact sizes are taken, within the bounds; else ""."""
        if self.rule is None:
            return ""
        from fractions import Fraction  # not when the add-on is enabled

        near = Fraction(self.rule.limit_shape(width / height)).limit_denominator(2000)
        return f"{near.numerator}:{near.denominator}"

    def find_image_price(self, size: str, quality: str = "") -> float:
        """US dollars for one returned image of a size and quality, without input and text tokens."""
        megapixels = (1.024 * SCALE[size]) ** 2
        tokens = self.image_tokens[size] * self.qualities.get(quality, 1.0) * self.prices.image / 1e6
        return tokens + self.prices.per_image + self.prices.per_megapixel * megapixels
