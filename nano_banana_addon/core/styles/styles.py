# SPDX-License-Identifier: GPL-3.0-or-later
"""The styles: a text for each, which follows the prompt. It names materials and light, and what must stay.

`{material:…}`, `{light:…}` and `{palette:…}` are fields of `templates`: the artist's words replace those of the style.
"""

from __future__ import annotations

from enum import StrEnum

from ...light_tuple import LightTuple

#: The choice of no style.
NO_STYLE = "NONE"


class Use(StrEnum):
    """What a style is made for. Each can be chosen everywhere."""

    TEXTURE = "TEXTURE"
    CONCEPT = "CONCEPT"
    FRAME = "FRAME"


class Style(LightTuple):
    """One style. .blend files store the number: it is never given to another one, and an id is never renamed."""

    id: str
    number: int
    use: Use
    label: str
    help: str
    text: str


USE_LABELS = {Use.TEXTURE: "Texturing", Use.CONCEPT: "Concept", Use.FRAME: "Storyboard Frames"}
#: What every style of a use says at its end.
_KEEP = {
    Use.TEXTURE: (
        "Keep the object's silhouette, its parts and their borders; change only the surface. Follow the form with the"
        " material's grain and wear. Even, neutral light: no cast shadows, no highlights, no reflections of a room."
    ),
    Use.CONCEPT: (
        "Keep the camera, the perspective and every silhouette of the render; add no objects and remove none."
        " Change only materials, light and finish."
    ),
    Use.FRAME: (
        "Keep the camera, the staging, the poses and every silhouette of the render. One frame without border, caption,"
        " arrows or lettering."
    ),
}


def compose_style(style: str) -> str:
    """The text of a style with what must stay, fields included; "" for no style or one of another version."""
    row = STYLES.get(style)
    return f"{row.text} {_KEEP[row.use]}" if row else ""


def _texture(number: int, id: str, label: str, material: str, text: str) -> Style:
    return Style(id, number, Use.TEXTURE, label, f"Surface of {material}", f"Surface: {{material:{material}}}. {text}")


def _look(use: Use, number: int, id: str, label: str, help: str, *parts: str) -> Style:
    """`parts`: how it is made, materials, light, palette."""
    made, material, light, palette = parts
    text = f"{made} Materials: {{material:{material}}}. Light: {{light:{light}}}. Palette: {{palette:{palette}}}."
    return Style(id, number, use, label, help, text)


_ROWS = (
    _texture(1, "OAK", "Oiled Oak", "oiled oak planks", "Fine open grain along each board, few knots, satin finish."),
    _texture(
        *(2, "MARBLE", "White Marble", "white Carrara marble"),
        "Soft grey veins that run on across the edges, polished.",
    ),
    _texture(
        *(3, "RUSTED_STEEL", "Rusted Steel", "rusted steel with remains of grey paint"),
        "Orange and brown rust where water collects, bare metal on worn edges, paint in protected places.",
    ),
    _texture(
        *(4, "COPPER", "Patinated Copper", "hammered copper with green patina"),
        "Verdigris in the recesses, warm metal on raised edges, small hammer marks.",
    ),
    _texture(
        *(5, "LEATHER", "Worn Leather", "vegetable-tanned brown leather"),
        "Fine pores, creases where it bends, darker at seams, paler where it is touched.",
    ),
    _texture(
        *(6, "KNIT", "Knitted Wool", "chunky knitted wool"),
        "Stitches of one size in rows along the form, slightly fuzzy.",
    ),
    _texture(
        *(7, "CERAMIC", "Glazed Ceramic", "celadon-glazed stoneware"),
        "Glaze thin on edges and pooled in recesses, fine crackle, unglazed foot.",
    ),
    _texture(
        *(8, "BRICK", "Old Brick", "hand-made red brick with lime mortar"),
        "Courses level and of one height, chipped corners, soot and lime stains.",
    ),
    _texture(
        *(9, "MOSSY_STONE", "Mossy Stone", "weathered granite with moss and lichen"),
        "Moss on upward faces and in joints, pale lichen rings, rough grain below.",
    ),
    _texture(
        *(10, "HAND_PAINTED", "Hand-Painted Game", "hand-painted game texture, matte"),
        "Broad visible brush strokes, simplified detail, slightly brighter edges, darker recesses, saturated colours.",
    ),
    _texture(
        *(11, "SCIFI_PANELS", "Sci-Fi Panels", "painted composite panels with dark seams"),
        "Panel lines that follow the form, small hatches and rivets, scuffs at edges, one accent colour, no lettering.",
    ),
    _look(
        *(Use.CONCEPT, 20, "PHOTOREAL", "Photoreal", "A photograph with natural materials"),
        "A photograph with a full-frame camera.",
        "physically plausible, each object in the one that its shape suggests, with fine wear",
        "soft daylight from one side, gentle fill, true contact shadows",
        "natural, neutral white balance",
    ),
    _look(
        *(Use.CONCEPT, 21, "ARCHVIZ", "Architecture", "A clean interior or exterior photograph"),
        "A photograph for an architecture magazine, verticals straight.",
        "pale oak, lime plaster, linen, brushed steel, clear glass",
        "large soft window light with bounced fill, balanced exposure",
        "warm whites, sand, muted green",
    ),
    _look(
        *(Use.CONCEPT, 22, "GOLDEN_HOUR", "Golden Hour", "Low warm sun with long shadows"),
        "A cinematic photograph, slight haze.",
        "as the shapes suggest, matte and slightly dusty",
        "low warm sun from the side, long soft shadows, cool skylight in the shade",
        "amber, copper, dusty blue",
    ),
    _look(
        *(Use.CONCEPT, 23, "NOIR", "Film Noir", "Hard light, black and white, rain"),
        "A black-and-white film still of the 1940s, fine grain.",
        "wet asphalt, lacquered wood, felt, smoked glass",
        "one hard key from above with blinds' shadows, deep blacks, thin rim",
        "black, white, silver greys",
    ),
    _look(
        *(Use.CONCEPT, 24, "CYBERPUNK", "Neon Night", "Neon signs and wet surfaces at night"),
        "A cinematic night photograph, light haze.",
        "wet concrete, scratched metal, translucent plastic, chrome trims",
        "magenta and cyan neon from opposite sides, dark ambient, reflections on wet ground",
        "magenta, cyan, deep blue",
    ),
    _look(
        *(Use.CONCEPT, 25, "WATERCOLOUR", "Watercolour", "Transparent washes on paper"),
        "A watercolour on cold-pressed paper: transparent washes, wet edges, white paper left for highlights.",
        "told apart by wash and edge only",
        "clear daylight, shadows in one cool wash",
        "ochre, sap green, ultramarine, few pigments",
    ),
    _look(
        *(Use.CONCEPT, 26, "OIL", "Oil on Canvas", "Thick strokes and a warm ground"),
        "An oil painting on linen: visible strokes along the forms, thick in the lights, thin in the shadows.",
        "told apart by stroke and sheen",
        "one warm window light, soft falloff into dark",
        "earth colours on a warm ground",
    ),
    _look(
        *(Use.CONCEPT, 27, "CLAY_MODEL", "Clay Miniature", "A miniature set of modelling clay"),
        "A photograph of a miniature stop-motion set, shallow depth of field.",
        "modelling clay with faint fingerprints, felt, painted card",
        "small soft studio lamps, one warm and one cool",
        "cheerful, slightly muted primaries",
    ),
    _look(
        *(Use.CONCEPT, 28, "ANIME", "Anime Background", "Painted background of an animated film"),
        "A background painting of an animated film: clean shapes, painted detail, soft gradients, no outlines.",
        "simplified, with one clear sheen each",
        "bright midday sun, crisp blue shadows, tall clouds if there is sky",
        "fresh greens, sky blue, cream",
    ),
    _look(
        *(Use.CONCEPT, 29, "PRODUCT", "Product Studio", "A product photograph on a seamless ground"),
        "A studio product photograph, everything sharp.",
        "flawless: anodised aluminium, soft-touch plastic, glass, as the shapes suggest",
        "large overhead softbox, white reflectors, one narrow edge light, soft ground shadow",
        "light grey ground, one accent colour",
    ),
    _look(
        *(Use.FRAME, 40, "PENCIL", "Pencil Sketch", "Loose graphite lines with some tone"),
        "A storyboard frame in graphite pencil: loose confident lines, hatching for the shadows, white paper.",
        "suggested by line weight only",
        "one clear direction, three values",
        "graphite grey",
    ),
    _look(
        *(Use.FRAME, 41, "INK", "Ink and Wash", "Brush lines with grey washes"),
        "A storyboard frame in brush and ink: heavier lines in front, thin behind, two grey washes.",
        "suggested by brush texture",
        "strong and directional, shadows as solid black",
        "black, two greys, paper white",
    ),
    _look(
        *(Use.FRAME, 42, "MARKER", "Marker", "Alcohol markers over a line drawing"),
        "A storyboard frame in fineliner and alcohol markers: flat tones with visible overlaps, few details.",
        "one marker tone each, with a white highlight",
        "simple, from one side, cool grey shadows",
        "cool greys and one warm accent",
    ),
    _look(
        *(Use.FRAME, 43, "COMIC", "Comic", "Inked outlines, flat colours, halftone"),
        "A comic panel without balloons: inked outlines, flat colours, halftone dots in the mid shadows.",
        "flat, told apart by colour and spot blacks",
        "hard key with graphic shadow shapes",
        "limited print colours: red, blue, yellow, black",
    ),
    _look(
        *(Use.FRAME, 44, "COLOUR_KEY", "Colour Key", "A small painting of light and colour, hardly any detail"),
        "A colour key for an animated film: big shapes in flat opaque paint, almost no detail, soft edges.",
        "reduced to their mean colour",
        "the mood of the scene, stated with few clear values",
        "five colours at most",
    ),
    _look(
        *(Use.FRAME, 45, "CHARCOAL", "Charcoal", "Smudged darks on toned paper"),
        "A storyboard frame in charcoal and white chalk on grey paper: smudged masses, lifted lights.",
        "suggested by edge: soft for cloth, sharp for metal",
        "low key, one source, strong falloff",
        "black, grey paper, white chalk",
    ),
    _look(
        *(Use.FRAME, 46, "CINEMATIC", "Cinematic Still", "A finished film still"),
        "A film still with anamorphic lenses, fine grain, filmic contrast.",
        "real and used, as production design would build them",
        "motivated by the sources in the shot, soft key, visible depth haze",
        "teal shadows, warm skin and lamps",
    ),
    _look(
        *(Use.FRAME, 47, "BLUEPRINT", "Previs Lines", "Clean construction lines on blue"),
        "A technical drawing of the shot: white lines of constant width on blue, hidden edges left out.",
        "not shown",
        "none; depth by line brightness only",
        "white on Prussian blue",
    ),
)
#: By id, in the order of the menu.
STYLES = {row.id: row for row in _ROWS}
