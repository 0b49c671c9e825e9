# SPDX-License-Identifier: GPL-3.0-or-later
"""The received images of an answer: which can be used, what each is, and whether it is what was asked for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from ...core import models
from ...core.bounds import Limits
from ...core.constants import PictureRole
from ...core.errors import ErrorKind, NanoBananaError
from ...core.request import GenerationRequest
from ...core.result import Answer, Picture, Refusal, Usage
from ...core.text.prompts import find_ratio
from ..redact import Redactor
from .image_header import InvalidImageError, compute_pixel_digest, read_header
from .spool import ReceivedImage, Spool, convert_folder_errors

#: Of an answer with other images that were asked for together with the one that is missing.
_LEFT_OUT = Refusal("LEFT_OUT", "The service left out the first of the images.", "Try again: then it is sent alone.")
#: How many times the pixels that were asked for are accepted.
_LARGER = 4


@dataclass(frozen=True, slots=True)
class AnswerContext:
    """The values needed to parse an answer."""

    request: GenerationRequest
    spool: Spool
    redactor: Redactor
    limits: Limits


def build_answer(
    received: Iterable[ReceivedImage | None],
    context: AnswerContext,
    *,
    usage: Usage | None = None,
    billed_usd: float | None = None,
    truncation: str = "",
    response_id: str = "",
) -> Answer:
    """The answer of a contract that returns images alone; None stands for one that the service left out.

    Raises `NanoBananaError` (ANSWER) without a usable one.
    """
    images, problems = read_images(((image, False) for image in received), context)
    if not images:
        raise NanoBananaError(ErrorKind.ANSWER, "The answer holds no usable image.", detail=problems)
    result = next((image for image in images if image.role is PictureRole.RESULT), None)
    warnings = (truncation, *list_picture_warnings(result or images[0], context.request, problems))
    return Answer(
        pictures=images,
        refusal=None if result else _LEFT_OUT,
        usage=usage,
        billed_usd=billed_usd,
        response_id=response_id,
        warnings=tuple(warning for warning in warnings if warning),
    ).limit_counts()


def read_images(
    received: Iterable[tuple[ReceivedImage | None, bool]], context: AnswerContext
) -> tuple[tuple[Picture, ...], str]:
    """The usable images, each given with whether it is a thought: thoughts first, then the others in order.

    The last of the others is the result; of several that were asked for, the first. The text tells the problems of
    those that cannot be used.
    """
    images: list[Picture] = []
    problems: list[str] = []
    is_series = context.request.count > 1
    for number, (image, thought) in enumerate(received):
        if image is None:
            continue
        try:
            images.append(replace(_read_image(image, thought, context), number=number * is_series))
        except InvalidImageError as problem:
            problems.append(str(problem))
            context.spool.drop(image.path)
    if is_series:
        return tuple(replace(p, role=PictureRole.RESULT) if not p.number else p for p in images), "; ".join(problems)
    results = _drop_duplicates([p for p in images if p.role is not PictureRole.THOUGHT], context.spool)
    results = [*results[:-1], *(replace(p, role=PictureRole.RESULT) for p in results[-1:])]
    thoughts = [p for p in images if p.role is PictureRole.THOUGHT]
    return (*thoughts, *results), "; ".join(dict.fromkeys(problems))


def list_picture_warnings(result: Picture, request: GenerationRequest, problems: str) -> tuple[str, ...]:
    """What differs from what was asked for, images that cannot be used, and a file that is cut off."""
    warnings = [_check_size(result, request)]
    if problems:
        warnings.append(f"Another image of the answer could not be used: {problems}.")
    with convert_folder_errors(Path(result.path).parent):
        if not read_header(Path(result.path)).complete:
            warnings.append("The image's file seems to be cut off at its end.")
    return tuple(warning for warning in warnings if warning)


def _read_image(received: ReceivedImage, thought: bool, context: AnswerContext) -> Picture:
    if received.problem:
        raise InvalidImageError(received.problem)
    with convert_folder_errors(received.path.parent):
        header = read_header(received.path)
    if header.width * header.height > _compute_pixel_limit(context):
        raise InvalidImageError(f"the image claims {header.width} x {header.height} pixels")
    path = context.spool.rename(received.path, header.extension)
    return Picture(
        path=str(path),
        sha256=received.sha256,
        mime_type=header.mime_type,
        width=header.width,
        height=header.height,
        byte_count=received.byte_count,
        role=PictureRole.THOUGHT if thought else PictureRole.DRAFT,
    )


def _compute_pixel_limit(context: AnswerContext) -> int:
    """Pixels of the largest image that is accepted: a few times what was asked for, where that is known."""
    request = context.request
    expected = models.find(request.model).list_pixel_sizes(request.image_size, request.aspect_ratio)
    asked = max((width * height for width, height in expected), default=context.limits.pixels)
    return min(_LARGER * asked, context.limits.pixels)


def _drop_duplicates(pictures: list[Picture], spool: Spool) -> list[Picture]:
    """Of images with the same pixels the last one is kept."""
    if len(pictures) < 2:
        return pictures
    last: dict[str, Picture] = {}
    for picture in pictures:
        digest = compute_pixel_digest(Path(picture.path))
        duplicate = last.pop(digest, None)
        if duplicate:
            spool.drop(Path(duplicate.path))
        last[digest] = picture
    return list(last.values())


def _check_size(result: Picture, request: GenerationRequest) -> str:
    """Whether the image has the requested size; without a ratio any of the size's ratios is accepted."""
    ratio = find_ratio(request)
    expected = models.find(request.model).list_pixel_sizes(request.image_size, ratio)
    if not expected or (result.width, result.height) in expected:
        return ""
    actual_size = f"{result.width} x {result.height}"
    if ratio:
        width, height = expected[0]
        return f"{width} x {height} was requested, {actual_size} was returned."
    smallest = min(width * height for width, height in expected)
    size = request.image_size or "1K"
    return f"{size} was requested, {actual_size} was returned." if result.width * result.height < smallest else ""
