# SPDX-License-Identifier: GPL-3.0-or-later
"""Masks as files: a capture's transparency, put back onto a generated image; and what is to be changed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from PIL import Image, ImageChops

from ...core import files, models
from ...core.catalogue.image_model import MaskForm
from ...core.constants import ReferenceRole
from ...core.request import GenerationRequest, Reference
from ...core.text.prompts import find_mask
from . import raw
from .encode import encode_png
from .open_image import open_image
from .preparation import prepare_all
from .sniff import sniff


def apply_mask(picture: Image.Image, mask: Image.Image) -> Image.Image:
    """The image as RGBA (straight alpha) with an 8-bit grey mask as its alpha, 255 where it is opaque.

    A mask of another size is scaled: it shows the same rectangle in another resolution.
    """
    grey = mask.convert("L")
    if grey.size != picture.size:
        grey = grey.resize(picture.size, Image.Resampling.BILINEAR)
    result = picture.convert("RGB")
    result.putalpha(grey)
    return result


def read_mask(path: Path) -> Image.Image:
    """A mask file as 8-bit grey. Raises `InputError` when it is gone or damaged."""
    with open_image(path) as picture:
        return picture.convert("L")


def prepare_request(
    request: GenerationRequest, folder: Path, *, body_limit: int, text_bytes: int = 65536
) -> GenerationRequest:
    """The request with the files that are really sent (`prepare_all`), its mask as its model takes it.

    A mask has the size of the structure. Raises `InputError`, TOO_LARGE, DISK.
    """
    mask = find_mask(request)
    images = tuple(reference for reference in request.references if reference is not mask)
    prepared = prepare_all(images, folder, body_limit=body_limit, text_bytes=text_bytes)
    form = models.find(request.model).mask
    structure = next((each for each in prepared if each.role is ReferenceRole.STRUCTURE), None)
    if mask and form and structure:
        place = request.references.index(mask)
        prepared_mask = _prepare_mask(mask, form, (structure.width, structure.height), folder)
        prepared = (*prepared[:place], prepared_mask, *prepared[place:])
    return replace(request, references=prepared)


def _prepare_mask(mask: Reference, form: MaskForm, size: tuple[int, int], folder: Path) -> Reference:
    grey = read_changed(Path(mask.path)).resize(size, Image.Resampling.BILINEAR)
    if form is MaskForm.CLEAR:
        grey = Image.merge("RGBA", (grey, grey, grey, ImageChops.invert(grey)))
    data = encode_png(grey)
    with files.convert_write_errors(folder / "mask.png"):
        part = files.write_part(folder, lambda file: file.write(data))
        sha256 = files.compute_sha256(part)
        path = folder / f"{sha256}.png"
        files.put_in_place(part, path)
    described = {"path": str(path), "sha256": sha256, "mime_type": "image/png", "byte_count": len(data)}
    return replace(mask, **described, width=size[0], height=size[1])


def read_changed(path: Path) -> Image.Image:
    """A mask file as 8-bit grey, white where something changes: its brightness, or what is transparent if anything is.

    Raises `InputError` when it is gone or damaged.
    """
    if sniff(path).mime_type == raw.MIME_TYPE:
        return Image.fromarray(raw.read_raw(path)).convert("L")
    with open_image(path) as picture:
        alpha = picture.getchannel("A") if picture.mode == "RGBA" else None
        if alpha is None or alpha.getextrema() == (255, 255):  # Blender saves black and white with alpha, too
            return picture.convert("L")
        return ImageChops.invert(alpha)
