# SPDX-License-Identifier: GPL-3.0-or-later
"""The choices for a material, and what its report says in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any

from ..light_dataclass import light_dataclass
from . import bounds
from .options import list_options, option

if TYPE_CHECKING:
    from .material.values import MaterialChoices, MaterialReport, MaterialSet

_REPAIRS = {
    "": "The image is seamless as it is.",
    "gradient": "Differences of light between the edges were removed.",
    "cut": "The edges were joined along a cut where they match best.",
    "blend": "The edges were blended.",
    "generated": "The edges were generated to meet.",
}


@light_dataclass(frozen=True)
class MaterialSettings:
    """How an image becomes a material, and where it goes; see the rows."""

    seamless: bool = option(
        True, "Seamless", "Make the image continue over its edges, if it does not yet", flag="--no-seamless"
    )
    remove_light: bool = option(
        True, "Remove Light", "Remove uneven light from the base colour", flag="--no-remove-light"
    )
    size_m: float = option(
        2.0,
        "Size",
        "Width of the image on surfaces, in metres",
        minimum=0.001,
        maximum=10_000.0,
        soft_maximum=20.0,
        subtype="DISTANCE",
        flag="--size-m",
        metavar="M",
    )
    relief: float = option(
        0.05,
        "Relief",
        "Height of the whole relief, as a part of the size",
        minimum=0.0,
        maximum=1.0,
        soft_maximum=0.2,
        flag="--relief",
        metavar="0-1",
    )
    roughness: float = option(
        0.6,
        "Roughness",
        "Mean roughness of the surface",
        minimum=0.0,
        maximum=1.0,
        subtype="FACTOR",
        flag="--roughness",
        metavar="0-1",
    )
    metallic: float = option(
        0.0,
        "Metallic",
        "How metallic the surface is",
        minimum=0.0,
        maximum=1.0,
        subtype="FACTOR",
        flag="--metallic",
        metavar="0-1",
    )
    displace: bool = option(
        False,
        "Displacement",
        "Move the surface by the height map as well, which needs a finely divided mesh. The normal map shows the"
        " relief in any case",
        flag="--displace",
    )
    directx: bool = option(
        False, "DirectX Normals", "Write a normal map for DirectX beside the one for OpenGL", flag="--directx"
    )
    generate_maps: bool = option(
        False,
        "Roughness and Metallic",
        "Generate roughness and metallic with one further image, once the generated material is there. Of several"
        " variants none",
        flag="--generate-maps",
    )
    on_objects: bool = option(True, "Apply to Selected", "Put the material into the active slot of selected objects")

    def replace_choices(self, choices: Mapping[str, Any]) -> MaterialSettings:
        """A copy with some choices replaced; numbers beyond their bounds become the defaults."""
        bounded = {
            name: value if MATERIAL_OPTIONS[name].maximum is None or _fits(name, value) else getattr(self, name)
            for name, value in choices.items()
        }
        return replace(self, **bounded)

    def choices(self) -> MaterialChoices:
        """What is done to the image."""
        from .material import values

        names = [field.name for field in fields(values.MaterialChoices) if field.name in MATERIAL_OPTIONS]
        return values.MaterialChoices(**{name: getattr(self, name) for name in names})


def _fits(name: str, value: float) -> bool:
    row = MATERIAL_OPTIONS[name]
    return bounds.is_within(value, row.maximum or 0.0, row.minimum or 0.0)


#: Every choice, by its name.
MATERIAL_OPTIONS = list_options(MaterialSettings)


def check(settings: MaterialSettings) -> MaterialSettings:
    """Settings that a record or a file brought, with the defaults for numbers beyond their bounds."""
    return MaterialSettings().replace_choices({name: getattr(settings, name) for name in MATERIAL_OPTIONS})


def compute_density(maps: MaterialSet, size_m: float) -> float:
    """Texel density: pixels per metre."""
    return maps.size[0] / size_m if size_m > 0 else 0.0


def describe(report: MaterialReport) -> tuple[str, ...]:
    """A report as sentences, what it means before its figures."""
    step, novelty, novelty_90 = (f"{value:.2f}" for value in (report.step, report.novelty, report.novelty_90))
    detail, valid = f"{report.detail:.0%}", f"{report.valid:.0%}"
    shows = report.worst > 1
    is_left = shows and not report.repair
    done = "The seam of the image was left." if is_left else _REPAIRS.get(report.repair, report.repair)
    seam = _tell_seam(step, novelty, novelty_90) if shows else _tell_no_seam(step, novelty, novelty_90)
    return (
        f"{done} {seam}",
        f"{detail} of the detail is kept; {valid} of the pixels are valid for PBR.",
        *report.notes,
    )


def _tell_seam(step: str, novelty: str, novelty_90: str) -> str:
    return f"A seam may show (step {step}, novelty {novelty} and {novelty_90})."


def _tell_no_seam(step: str, novelty: str, novelty_90: str) -> str:
    return f"No seam shows (step {step}, novelty {novelty} and {novelty_90})."


def describe_size(maps: MaterialSet, size_m: float) -> str:
    """Pixels, metres and texel density."""
    width, height = maps.size
    return f"{width} × {height} on {size_m:g} m: {compute_density(maps, size_m):.0f} px/m"
