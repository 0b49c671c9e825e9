# SPDX-License-Identifier: GPL-3.0-or-later
"""XMP for derived files: where a picture comes from, by IPTC's digital source type.

Received files are never touched: their own C2PA manifest holds only while their bytes stay. A file made from one
(masked, cropped, laid out on a sheet) loses that manifest and gets this packet instead.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO
from xml.sax.saxutils import escape

from PIL import Image, PngImagePlugin

from ...core.files import write_private
from ...core.image_types import JPEG, PNG, WEBP, ImageType, find_type_of_suffix
from ...identity import DISPLAY_NAME
from .encode import PNG_LEVEL

#: The vocabulary's address, from IPTC's NewsCodes "Digital Source Type".
_VOCABULARY = "http://cv.iptc.org/newscodes/digitalsourcetype/"


class Origin(StrEnum):
    """Terms of IPTC's digital source type that occur here."""

    MODEL = "trainedAlgorithmicMedia"  # painted by the model, at most cropped or scaled
    COMPOSITE = "compositeWithTrainedAlgorithmicMedia"  # with other pictures, a mask, or baked
    PREVIEW = "algorithmicMedia"  # painted by the offline server, which has not learnt anything


def packet(origin: Origin, *, prompt: str = "", model: str = "", source: str = "") -> str:
    """An XMP packet. `source` names the received file that this one is made from (an id or a SHA-256).

    Properties: IPTC Extension's DigitalSourceType, and the AI properties of IPTC Photo Metadata 2025.1
    (AIPromptInformation, AISystemUsed).
    """
    ai = {"AIPromptInformation": prompt, "AISystemUsed": model}
    lines = [f"<Iptc4xmpExt:{n}>{_text(v)}</Iptc4xmpExt:{n}>" for n, v in ai.items() if v]
    if source:
        lines.append(f"<dc:source>{_text(source)}</dc:source>")
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'
        '<x:xmpmeta xmlns:x="adobe:ns:meta/">'
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        '<rdf:Description rdf:about=""'
        ' xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"'
        ' xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xmp="http://ns.adobe.com/xap/1.0/">'
        f"<Iptc4xmpExt:DigitalSourceType>{_VOCABULARY}{origin.value}</Iptc4xmpExt:DigitalSourceType>"
        f"<xmp:CreatorTool>{_text(DISPLAY_NAME)}</xmp:CreatorTool>"
        f"{''.join(lines)}</rdf:Description></rdf:RDF></x:xmpmeta>"
        '<?xpacket end="w"?>'
    )


def write_derived(picture: Image.Image, path: Path, xmp: str) -> None:
    """Write an image as .png, .jpg or .webp with an XMP packet.

    Raises `KeyError` for another extension, `NanoBananaError` DISK; a part of a file is never left.
    """
    save = _WRITERS[find_type_of_suffix(path.suffix)]
    write_private(path, lambda file: save(picture, file, xmp))


def read(path: Path) -> str:
    """The XMP packet of a file; "" if it has none."""
    with Image.open(path) as picture:
        found = picture.info.get("xmp") or picture.info.get("XML:com.adobe.xmp") or ""
    return found.decode("utf-8", "replace") if isinstance(found, bytes) else str(found)


def _text(value: str) -> str:
    """XML text without control characters and lone surrogates, which XML does not allow."""
    clean = value.encode("utf-8", "replace").decode("utf-8")
    return escape("".join(c for c in clean if c in "\t\n" or (c >= " " and c not in "\ufffe\uffff")))


def _png(picture: Image.Image, file: BinaryIO, xmp: str) -> None:
    chunks = PngImagePlugin.PngInfo()
    chunks.add_itxt("XML:com.adobe.xmp", xmp)
    picture.save(file, "PNG", pnginfo=chunks, compress_level=PNG_LEVEL)


def _jpeg(picture: Image.Image, file: BinaryIO, xmp: str) -> None:
    picture.convert("RGB").save(file, "JPEG", quality=95, subsampling=0, xmp=xmp.encode())


def _webp(picture: Image.Image, file: BinaryIO, xmp: str) -> None:
    picture.save(file, "WEBP", lossless=True, xmp=xmp.encode())


_WRITERS: dict[ImageType | None, Callable[[Image.Image, BinaryIO, str], None]] = {
    PNG: _png,
    JPEG: _jpeg,
    WEBP: _webp,
}
