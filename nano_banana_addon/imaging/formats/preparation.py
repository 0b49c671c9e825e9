# SPDX-License-Identifier: GPL-3.0-or-later
"""Turns a reference as the artist chose it into the file that is sent, named by its content."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from PIL import Image

from ...core import files
from ...core.constants import ReferenceRole
from ...core.errors import ErrorKind, NanoBananaError
from ...core.image_types import SENT_TYPES, UNDECODED_TYPES, find_suffix, find_type
from ...core.request import Reference
from ..arrays import Pixels
from . import raw
from .byte_budget import caps
from .encode import encode_within
from .open_image import open_image
from .plain_rgb import is_srgb, plain
from .sniff import ImageInfo, sniff

#: 7 MB per inline picture and per file: the API's own limit.
BYTE_LIMIT = 7 * 2**20

_LOSSY = ("image/jpeg", "image/webp", "image/avif", "image/jp2")

#: Roles whose pixels must stay where they are: kept as PNG as long as possible, last to be shrunk.
_EXACT = (ReferenceRole.STRUCTURE, ReferenceRole.GUIDE)
_GREY, _WHITE = (128, 128, 128), (255, 255, 255)

#: JSON around one inline picture: role, type, quotes and braces.
_ENVELOPE = 256


@dataclass(frozen=True, slots=True)
class _Draft:
    """A finished file with a temporary name, or (`part` None) one that is in the folder already."""

    reference: Reference
    part: Path | None
    shrinkable: bool = field(default=True)


def prepare(reference: Reference, folder: Path, *, byte_limit: int = BYTE_LIMIT) -> Reference:
    """Write the file that is really sent into `folder` as `<sha256>.<ext>` and return its reference.

    PNG, JPEG, WebP and HEIC that need no change are copied byte for byte. Everything else becomes 8-bit sRGB, upright,
    first frame, transparency filled (grey behind STRUCTURE and GUIDE, else white): PNG if it comes from lossless data
    and fits into `byte_limit` bytes, else JPEG, else smaller.

    Raises `InputError` for files that cannot be used, `NanoBananaError` TOO_LARGE, or DISK when the folder cannot be
    written; nothing is left half-made.
    """
    return _settle(_draft(reference, folder, byte_limit), folder)


def read_drawn(path: Path) -> Pixels:
    """The pixels (height, width, 3) of a STRUCTURE or GUIDE as they are sent. Raises as `prepare` does."""
    return np.asarray(open_drawn(path))


def open_drawn(path: Path) -> Image.Image:
    """A STRUCTURE or GUIDE as it is sent: 8-bit sRGB, opaque. Raises as `prepare` does."""
    if sniff(path).mime_type == raw.MIME_TYPE:
        return plain(Image.fromarray(raw.read_raw(path)), _GREY, lambda _: None)
    with open_image(path) as picture:
        return plain(picture, _GREY, lambda _: None)


def prepare_all(
    references: Sequence[Reference],
    folder: Path,
    *,
    byte_limit: int = BYTE_LIMIT,
    body_limit: int = 18 * 10**6,
    text_bytes: int = 65536,
) -> tuple[Reference, ...]:
    """Prepare all references of a request so that its body stays below `body_limit` bytes.

    The body holds all of them in base64, and `text_bytes` for prompt and settings. The largest are reduced first;
    STRUCTURE and GUIDE only when no other can be reduced any more. None is dropped: raises `NanoBananaError` TOO_LARGE
    when they do not fit.
    """
    drafts: list[_Draft] = []
    try:
        for reference in references:
            drafts.append(_draft(reference, folder, byte_limit))
        _fit_together(drafts, references, folder, body_limit - text_bytes)
        # One by one, each taken from the list, so that what fails is cleared up below.
        return tuple(_settle(drafts[i], folder) for i in range(len(drafts)))
    finally:
        for draft in drafts:
            _discard(draft)


def _fit_together(drafts: list[_Draft], references: Sequence[Reference], folder: Path, budget: int) -> None:
    available = (budget - _ENVELOPE * len(drafts)) // 4 * 3 - 2 * len(drafts)
    sizes = [draft.reference.byte_count for draft in drafts]
    ranks = [_rank(draft) for draft in drafts]
    for index, cap in enumerate(caps(sizes, ranks, available)):
        if cap < sizes[index]:
            smaller = _draft(references[index], folder, cap)
            _discard(drafts[index])
            drafts[index] = smaller


def _rank(draft: _Draft) -> int:
    """The order in which references are reduced: 0 ordinary ones, 1 guides, 2 the structure; 3 cannot be."""
    if not draft.shrinkable:
        return 3
    return {ReferenceRole.GUIDE: 1, ReferenceRole.STRUCTURE: 2}.get(draft.reference.role, 0)


def _draft(reference: Reference, folder: Path, byte_limit: int) -> _Draft:
    source = Path(reference.path)
    info = sniff(source)
    if find_type(info.mime_type) in UNDECODED_TYPES:
        return _prepare_undecoded(reference, source, info, folder, byte_limit)
    if info.mime_type == raw.MIME_TYPE:
        picture = Image.fromarray(raw.read_raw(source))
        return _encode_image(reference, picture, info, folder, byte_limit)
    if source.stat().st_size <= byte_limit and _passes(source, info):
        return _copy_unchanged(reference, source, info, folder)
    with open_image(source) as picture:
        picture.load()
        return _encode_image(reference, picture, info, folder, byte_limit)


def _passes(source: Path, info: ImageInfo) -> bool:
    """Whether the file can be sent as it is. Reads it through, so that damage is found before paying."""
    if find_type(info.mime_type) not in SENT_TYPES or info.frames > 1:
        return False
    if info.orientation != 1 or info.bits > 8:
        return False
    with open_image(source) as picture:
        if picture.mode not in ("RGB", "L", "P") or info.has_alpha:
            return False
        if not is_srgb(picture.info.get("icc_profile")):
            return False
        if picture.format == "PNG":
            picture.verify()  # the checksum of every chunk, without decoding
            return True
        # An eighth of the size in each direction for JPEG: all of the data is read, little is kept.
        picture.draft("RGB", (picture.width // 8, picture.height // 8))
        picture.load()
    return True


def _prepare_undecoded(reference: Reference, source: Path, info: ImageInfo, folder: Path, byte_limit: int) -> _Draft:
    if source.stat().st_size > byte_limit:
        raise NanoBananaError(
            ErrorKind.TOO_LARGE,
            f"The image {source.name} has more than {byte_limit / 2**20:.1f} MB, and HEIC cannot be made smaller here.",
            next_step="Save it as JPEG.",
        )
    return replace(_copy_unchanged(reference, source, info, folder), shrinkable=False)


def _copy_unchanged(reference: Reference, source: Path, info: ImageInfo, folder: Path) -> _Draft:
    with files.convert_write_errors(folder / source.name):
        if source.parent == folder and source.stem == files.compute_sha256(source):
            part = None
        else:
            part = files.write_part(folder, lambda file: files.copy_into(source, file))
    return _describe_reference(reference, part or source, part, info.mime_type, info.upright)


def _encode_image(reference: Reference, picture: Image.Image, info: ImageInfo, folder: Path, byte_limit: int) -> _Draft:
    changes: list[str] = []
    exact = reference.role in _EXACT
    rgb = plain(picture, _GREY if exact else _WHITE, changes.append)
    if info.bits > 8 and "reduced to 8 bits" not in changes:
        changes.append("reduced to 8 bits")
    lossless = info.mime_type not in _LOSSY
    made = encode_within(rgb, byte_limit, lossless=lossless)
    if made.mime_type != info.mime_type:
        words = f"converted from {_name(info.mime_type)} to {_name(made.mime_type)}"
        changes.insert(0, words)
    changes.extend(made.words)
    with files.convert_write_errors(folder / Path(reference.path).name):
        part = files.write_part(folder, lambda file: file.write(made.data))
    draft = _describe_reference(reference, part, part, made.mime_type, (made.width, made.height))
    return replace(draft, reference=replace(draft.reference, prepared=", ".join(changes)))


def _describe_reference(
    reference: Reference, file: Path, part: Path | None, mime_type: str, size: tuple[int, int]
) -> _Draft:
    with files.convert_write_errors(file):
        described = replace(
            reference,
            path=str(file),
            sha256=files.compute_sha256(file),
            mime_type=mime_type,
            width=size[0],
            height=size[1],
            byte_count=file.stat().st_size,
        )
    return _Draft(described, part)


def _settle(draft: _Draft, folder: Path) -> Reference:
    if draft.part is None:
        return draft.reference
    final = folder / f"{draft.reference.sha256}{find_suffix(draft.reference.mime_type)}"
    with files.convert_write_errors(final):
        files.put_in_place(draft.part, final)
    return replace(draft.reference, path=str(final))


def _discard(draft: _Draft) -> None:
    if draft.part is not None:
        draft.part.unlink(missing_ok=True)


def _name(mime_type: str) -> str:
    image_type = find_type(mime_type)
    return image_type.label if image_type else "a capture"
