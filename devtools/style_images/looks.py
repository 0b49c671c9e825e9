# SPDX-License-Identifier: GPL-3.0-or-later
"""How each style is drawn."""

from __future__ import annotations

from devtools.style_images import finishes as f
from devtools.style_images import surfaces as s
from devtools.style_images.scene import Look
from devtools.style_images.surfaces import material, plain

_DUSK = ((0.98, 0.72, 0.42), (0.55, 0.5, 0.6))
_GREY, _WHITE = (0.55, 0.55, 0.55), (0.96, 0.96, 0.95)
_SKETCH = plain((0.8, 0.8, 0.8), (0.65, 0.65, 0.65), (0.9, 0.9, 0.9))
LOOKS: dict[str, Look] = {
    "OAK": Look(material(s.oak)),
    "MARBLE": Look(material(s.marble), gloss=0.4),
    "RUSTED_STEEL": Look(material(s.rust)),
    "COPPER": Look(material(s.copper), gloss=0.4),
    "LEATHER": Look(material(s.leather), gloss=0.25),
    "KNIT": Look(material(s.knit)),
    "CERAMIC": Look(material(s.ceramic), gloss=0.8),
    "BRICK": Look(material(s.brick)),
    "MOSSY_STONE": Look(material(s.moss)),
    "HAND_PAINTED": Look(material(s.hand_painted)),
    "SCIFI_PANELS": Look(material(s.panels), gloss=0.3),
    "PHOTOREAL": Look(plain((0.6, 0.22, 0.16), (0.5, 0.38, 0.24), (0.62, 0.58, 0.52)), gloss=0.6),
    "ARCHVIZ": Look(
        plain((0.86, 0.82, 0.75), (0.76, 0.6, 0.42), (0.88, 0.85, 0.8)),
        fill=(0.52, 0.51, 0.5),
        sky=(_WHITE, (0.86, 0.84, 0.8)),
    ),
    "GOLDEN_HOUR": Look(
        plain((0.75, 0.5, 0.35), (0.65, 0.5, 0.4), (0.7, 0.56, 0.42)),
        (-1.0, 0.28, 0.35),
        (1.25, 0.8, 0.4),
        (0.22, 0.24, 0.36),
        0.3,
        _DUSK,
    ),
    "NOIR": Look(
        plain(_GREY, _GREY, (0.3, 0.3, 0.3)),
        (0.7, 0.9, 0.4),
        (1.3, 1.3, 1.3),
        (0.06, 0.06, 0.06),
        0.8,
        ((0.12, 0.12, 0.12), (0.05, 0.05, 0.05)),
        f.blinds,
    ),
    "CYBERPUNK": Look(
        plain((0.3, 0.3, 0.36), (0.26, 0.26, 0.3), (0.14, 0.14, 0.2)),
        gloss=0.8,
        sky=((0.12, 0.04, 0.22), (0.3, 0.08, 0.35)),
        finish=f.neon,
    ),
    "WATERCOLOUR": Look(
        plain((0.35, 0.5, 0.75), (0.8, 0.58, 0.28), (0.82, 0.8, 0.68)), fill=(0.5, 0.5, 0.58), finish=f.wash
    ),
    "OIL": Look(
        plain((0.62, 0.28, 0.14), (0.5, 0.42, 0.2), (0.38, 0.27, 0.17)),
        (-0.8, 0.6, 0.5),
        (1.2, 1.0, 0.7),
        (0.18, 0.15, 0.12),
        0.4,
        ((0.26, 0.18, 0.12), (0.42, 0.3, 0.2)),
        f.strokes,
    ),
    "CLAY_MODEL": Look(
        plain((0.92, 0.55, 0.3), (0.36, 0.66, 0.62), (0.86, 0.8, 0.66)),
        fill=(0.42, 0.4, 0.42),
        sky=((0.6, 0.75, 0.82), (0.75, 0.84, 0.86)),
        finish=f.clay,
    ),
    "ANIME": Look(
        plain((0.95, 0.45, 0.42), (0.98, 0.86, 0.6), (0.48, 0.76, 0.38)),
        (0.3, 1.0, 0.5),
        fill=(0.42, 0.48, 0.62),
        sky=((0.25, 0.58, 0.95), (0.82, 0.93, 1.0)),
        finish=f.posterise(7),
    ),
    "PRODUCT": Look(
        plain((0.9, 0.9, 0.92), (0.95, 0.4, 0.15), (0.92, 0.92, 0.92)),
        (-0.2, 1.0, 0.35),
        (0.62, 0.62, 0.62),
        (0.45, 0.45, 0.46),
        0.9,
        (_WHITE, _WHITE),
    ),
    "PENCIL": Look(_SKETCH, finish=f.pencil),
    "INK": Look(_SKETCH, fill=(0.16, 0.16, 0.16), finish=f.ink),
    "MARKER": Look(
        plain((0.72, 0.75, 0.8), (0.95, 0.55, 0.2), (0.85, 0.87, 0.9)), sky=(_WHITE, _WHITE), finish=f.marker
    ),
    "COMIC": Look(
        plain((0.85, 0.15, 0.15), (0.95, 0.78, 0.1), (0.45, 0.65, 0.9)),
        fill=(0.24, 0.24, 0.24),
        sky=((0.3, 0.55, 0.9), (0.6, 0.8, 0.98)),
        finish=f.comic,
    ),
    "COLOUR_KEY": Look(
        plain((0.8, 0.36, 0.3), (0.36, 0.4, 0.6), (0.55, 0.46, 0.5)),
        (-0.8, 0.5, 0.5),
        (1.2, 0.85, 0.6),
        (0.3, 0.3, 0.42),
        0,
        _DUSK,
        lambda image, b: f.strokes(f.posterise(4)(image, b), b),
    ),
    "CHARCOAL": Look(
        _SKETCH, (-0.9, 0.6, 0.3), fill=(0.08, 0.08, 0.08), sky=(_GREY, (0.4, 0.4, 0.4)), finish=f.charcoal
    ),
    "CINEMATIC": Look(
        plain((0.7, 0.42, 0.3), (0.3, 0.42, 0.45), (0.34, 0.36, 0.38)),
        (0.9, 0.5, 0.2),
        (1.2, 1.0, 0.75),
        (0.14, 0.2, 0.24),
        0.5,
        ((0.3, 0.42, 0.46), (0.62, 0.6, 0.52)),
        f.graded,
    ),
    "BLUEPRINT": Look(_SKETCH, finish=f.blueprint),
}
