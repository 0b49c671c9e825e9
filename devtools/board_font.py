# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes the font of printed boards from Blender's own Noto Sans CJK: a part of its characters, as TrueType.

Run once, with fonttools and brotli installed: `python devtools/board_font.py SOURCE.woff2 OUT.ttf`. Reportlab embeds no
CFF outlines, so the curves become quadratic (off by one unit of a thousand at most).
"""

from __future__ import annotations

import sys

from fontTools import subset
from fontTools.pens.cu2quPen import Cu2QuPen
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib import TTFont, newTable

#: Latin, Greek, Cyrillic, punctuation, letterlike, arrows, mathematics, shapes, CJK symbols, kana, full-width forms.
_RANGES = (
    *((0x20, 0x24F), (0x370, 0x52F), (0x1E00, 0x1EFF), (0x2000, 0x206F), (0x20A0, 0x20BF), (0x2100, 0x2193)),
    *((0x2200, 0x22FF), (0x2460, 0x2473), (0x2500, 0x266F), (0x2713, 0x2717), (0x3000, 0x30FF), (0xFF00, 0xFFEF)),
)
#: The characters of everyday text in China, Japan, Korea and Taiwan, by the standards of each.
_ENCODINGS = (("gb2312", 0xA1, 0xF7), ("euc_jp", 0xA1, 0xF4), ("euc_kr", 0xA1, 0xC8), ("big5", 0xA4, 0xC6))
_TOLERANCE = 1.0
_FAMILY = "Nano Banana Board"


def _list_characters() -> set[int]:
    characters = {code for first, last in _RANGES for code in range(first, last + 1)}
    for encoding, first, last in _ENCODINGS:
        for lead in range(first, last + 1):
            for trail in range(0x40, 0xFF):
                text = bytes((lead, trail)).decode(encoding, "ignore")
                characters |= {ord(text)} if len(text) == 1 else set()
    return characters


def _to_truetype(font: TTFont) -> None:
    glyphs, order = font.getGlyphSet(), font.getGlyphOrder()
    table = newTable("glyf")
    table.glyphOrder, table.glyphs = order, {}
    for name in order:
        pen = TTGlyphPen(glyphs)
        glyphs[name].draw(Cu2QuPen(pen, _TOLERANCE, reverse_direction=True))
        table.glyphs[name] = pen.glyph()
    font["loca"], font["glyf"] = newTable("loca"), table
    for name in ("CFF ", "VORG"):
        if name in font:
            del font[name]
    font["maxp"].tableVersion = 0x00010000
    for name in ("maxZones", "maxTwilightPoints", "maxStorage", "maxFunctionDefs", "maxInstructionDefs"):
        setattr(font["maxp"], name, 0)
    for name in ("maxStackElements", "maxSizeOfInstructions", "maxComponentElements", "maxComponentDepth"):
        setattr(font["maxp"], name, 0)
    font["maxp"].maxZones = 1
    font["post"].formatType = 3.0
    font.sfntVersion = "\000\001\000\000"


def _take_proportional_quotes(font: TTFont) -> None:
    """Quotes and dashes as wide as Latin letters, not as ideographs: most boards have more of the former."""
    table = font["GSUB"].table
    numbers = {
        n
        for record in table.FeatureList.FeatureRecord
        if record.FeatureTag == "pwid"
        for n in record.Feature.LookupListIndex
    }
    narrow: dict[str, str] = {}
    for number in numbers:
        for part in table.LookupList.Lookup[number].SubTable:
            narrow |= getattr(getattr(part, "ExtSubTable", part), "mapping", {})
    for cmap in (cmap.cmap for cmap in font["cmap"].tables if cmap.isUnicode()):
        cmap |= {code: narrow[name] for code, name in cmap.items() if 0x2010 <= code <= 0x2026 and name in narrow}


def main(source: str, out: str) -> None:
    """Write the font."""
    font = TTFont(source)
    _take_proportional_quotes(font)
    options = subset.Options(layout_features=[], desubroutinize=True, hinting=False, notdef_outline=True)
    options.drop_tables += ["GPOS", "GSUB", "GDEF", "BASE", "vhea", "vmtx", "VORG"]
    options.name_IDs = [0, 1, 2, 3, 4, 5, 6, 13, 14]
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=_list_characters())
    subsetter.subset(font)
    _to_truetype(font)
    for record in font["name"].names:
        if record.nameID in (1, 4):
            record.string = _FAMILY
        elif record.nameID in (3, 6):
            record.string = _FAMILY.replace(" ", "")
    font.flavor = None
    font.save(out)


if __name__ == "__main__":
    main(*sys.argv[1:])
