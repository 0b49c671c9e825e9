# SPDX-License-Identifier: GPL-3.0-or-later
"""Parses the tree of an answer and its received images."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

from ...core import models
from ...core.bounds import Limits
from ...core.constants import PictureRole
from ...core.errors import ErrorKind, NanoBananaError
from ...core.request import GenerationRequest
from ...core.result import Answer, GroundingSource, Picture, Refusal, Usage
from ..http.body import FileSpan
from ..redact import Redactor
from .image_header import InvalidImageError, compute_pixel_digest, read_header
from .refusals import build_refusal, choose_reason
from .spool import ReceivedImage, Spool, convert_folder_errors
from .turn_record import Turn

Tree = Mapping[str, Any]
#: How many times the pixels that were asked for are accepted.
_LARGER = 4


@dataclass(frozen=True, slots=True)
class AnswerContext:
    """The values needed to parse an answer."""

    request: GenerationRequest
    spool: Spool
    redactor: Redactor
    limits: Limits


def sort_answer(tree: object, user_turn: Turn, context: AnswerContext, tier: str = "", truncation: str = "") -> Answer:
    """The answer of a 200. Refused prompts have `refusal` set.

    `tier` is the service tier that the answer's header names; `broken` says that the connection ended early: then a
    complete image is still delivered, and nothing else. Raises `NanoBananaError`: ANSWER when the answer is invalid or
    its images cannot be used, DISK.
    """
    response, candidate = _merge_pieces(tree)
    parts = [_as_mapping(part) for part in _as_list(_as_mapping(candidate.get("content")).get("parts"))]
    pictures, problems = _read_images(parts, context)
    clean = context.redactor.redact_tree
    response, candidate = clean(dict(response)), clean(dict(candidate))
    clean_parts = [_as_mapping(clean(dict(part))) for part in parts]
    result = next((p for p in pictures if p.role is PictureRole.RESULT), None)
    if result is None and (problems or truncation):
        raise NanoBananaError(ErrorKind.ANSWER, "The answer holds no usable image.", detail=problems)
    text = _join_text(clean_parts, thoughts=False)
    metadata = _as_mapping(candidate.get("groundingMetadata"))
    entry = _as_mapping(metadata.get("searchEntryPoint")).get("renderedContent")
    return Answer(
        pictures=pictures,
        text=text,
        thoughts=_join_text(clean_parts, thoughts=True),
        usage=_read_usage(_as_mapping(response.get("usageMetadata"))),
        refusal=None if result else _read_refusal(response, candidate, text, bool(pictures)),
        finish_reason=_as_string(candidate.get("finishReason")),
        response_id=_as_string(response.get("responseId")),
        model_version=_as_string(response.get("modelVersion")),
        service_tier=tier or _as_string(_as_mapping(response.get("usageMetadata")).get("serviceTier")),
        turn=_keep_turn(parts, user_turn, context) if result and not truncation else "",
        sources=_list_sources(metadata),
        search_entry_point=_as_string(entry),
        warnings=_list_warnings(result, context.request, problems, truncation, candidate),
    ).limit_counts()


def _merge_pieces(tree: object) -> tuple[Tree, Tree]:
    """The answer's object and its first candidate; an array holds the parts of one answer."""
    items = _as_list(tree)
    pieces = [_as_mapping(piece) for piece in items] if items else [_as_mapping(tree)]
    pieces = [piece for piece in pieces if piece]
    answer_keys = ("candidates", "promptFeedback", "usageMetadata", "modelVersion", "responseId")
    if not any(key in piece for piece in pieces for key in answer_keys):
        raise NanoBananaError(ErrorKind.ANSWER, "The answer is not one of the Gemini API.")
    response: dict[str, Any] = {}
    candidate: dict[str, Any] = {}
    parts: list[Any] = []
    for piece in pieces:
        response.update(piece)
        first = _as_mapping(next(iter(_as_list(piece.get("candidates"))), None))
        parts += _as_list(_as_mapping(first.get("content")).get("parts"))
        candidate.update(first)
    return response, candidate | {"content": {"parts": parts}}


# Images


def _read_images(parts: list[Tree], context: AnswerContext) -> tuple[tuple[Picture, ...], str]:
    """The usable images in order, with their roles, and the problems of the others."""
    images: list[Picture] = []
    problems: list[str] = []
    for part in parts:
        received = _read_received(part)
        if received is None:
            continue
        thought = part.get("thought") is True
        try:
            images.append(_read_image(received, thought, context))
        except InvalidImageError as problem:
            problems.append(str(problem))
            context.spool.drop(received.path)
    results = _drop_duplicates([p for p in images if p.role is not PictureRole.THOUGHT], context.spool)
    results = [*results[:-1], *(replace(p, role=PictureRole.RESULT) for p in results[-1:])]
    thoughts = [p for p in images if p.role is PictureRole.THOUGHT]
    return (*thoughts, *results), "; ".join(dict.fromkeys(problems))


def _read_received(part: Tree) -> ReceivedImage | None:
    for key in ("inlineData", "inline_data"):
        data = _as_mapping(part.get(key)).get("data")
        if isinstance(data, ReceivedImage):
            return data
    return None


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


# Words and numbers


def _read_refusal(response: Tree, candidate: Tree, text: str, thoughts: bool) -> Refusal:
    feedback = _as_mapping(response.get("promptFeedback"))
    block_reason = _as_string(feedback.get("blockReason"))
    reason = choose_reason(_as_string(candidate.get("finishReason")), block_reason, text, thoughts)
    message = (
        _as_string(candidate.get("finishMessage")) or _as_string(feedback.get("blockReasonMessage")) or text.strip()
    )
    return build_refusal(reason, message)


def _join_text(parts: list[Tree], *, thoughts: bool) -> str:
    selection = [p for p in parts if (p.get("thought") is True) == thoughts]
    return "".join(_as_string(part.get("text")) for part in selection)


def _read_usage(metadata: Tree) -> Usage:
    details = [_as_mapping(entry) for entry in _as_list(metadata.get("candidatesTokensDetails"))]
    pictures = [d for d in details if d.get("modality") == "IMAGE"]
    return Usage(
        prompt=_as_count(metadata.get("promptTokenCount")),
        candidates=_as_count(metadata.get("candidatesTokenCount")),
        thoughts=_as_count(metadata.get("thoughtsTokenCount")),
        total=_as_count(metadata.get("totalTokenCount")),
        image=sum(_as_count(detail.get("tokenCount")) for detail in pictures),
        tool_prompt=_as_count(metadata.get("toolUsePromptTokenCount")),
        cached=_as_count(metadata.get("cachedContentTokenCount")),
        reported=bool(metadata),
    )


def _list_sources(metadata: Tree) -> tuple[GroundingSource, ...]:
    chunks = [_as_mapping(chunk) for chunk in _as_list(metadata.get("groundingChunks"))]
    sources: list[GroundingSource] = []
    for chunk in chunks:
        web, image = _as_mapping(chunk.get("web")), _as_mapping(chunk.get("image"))
        uri = _as_string(web.get("uri")) or _as_string(image.get("sourceUri"))
        if uri.startswith(("https://", "http://")):
            title = _as_string(web.get("title")) or _as_string(image.get("title"))
            sources.append(GroundingSource(title or uri, uri, _as_string(image.get("imageUri"))))
    return tuple(dict.fromkeys(sources))


def _list_warnings(
    result: Picture | None, request: GenerationRequest, problems: str, truncation: str, candidate: Tree
) -> tuple[str, ...]:
    if result is None:
        return ()
    warnings = [truncation, _check_size(result, request)]
    if problems:
        warnings.append(f"Another image of the answer could not be used: {problems}.")
    finish = _as_string(candidate.get("finishReason"))
    if finish not in ("", "STOP") and not truncation:
        warnings.append(f"The model ended with {finish}; the image may be unfinished.")
    with convert_folder_errors(Path(result.path).parent):
        if not read_header(Path(result.path)).complete:
            warnings.append("The image's file seems to be cut off at its end.")
    return tuple(warning for warning in warnings if warning)


def _check_size(result: Picture, request: GenerationRequest) -> str:
    """Whether the image has the requested size; without a ratio any of the size's ratios is accepted."""
    expected = models.find(request.model).list_pixel_sizes(request.image_size, request.aspect_ratio)
    if not expected or (result.width, result.height) in expected:
        return ""
    actual_size = f"{result.width} x {result.height}"
    if request.aspect_ratio:
        width, height = expected[0]
        return f"{width} x {height} was requested, {actual_size} was returned."
    smallest = min(width * height for width, height in expected)
    size = request.image_size or "1K"
    return f"{size} was requested, {actual_size} was returned." if result.width * result.height < smallest else ""


# The record for the next turn


def _keep_turn(parts: list[Tree], user_turn: Turn, context: AnswerContext) -> str:
    """Write the record of this turn; "" when the answer could not be sent back unchanged."""
    writer = context.spool.turn_writer
    kept_parts: list[dict[str, Any]] = []
    try:
        for part in parts:
            if part.get("thought") is not True:  # thoughts carry no signature and need not be sent back
                kept_parts.append(_to_spans(dict(part), writer.path))
        with convert_folder_errors(writer.path.parent):
            writer.finish(replace(user_turn, parts=tuple(context.redactor.redact_tree(kept_parts, exact=True))))
    except ValueError:
        return ""
    return str(writer.path)


def _to_spans(value: Any, record: Path) -> Any:
    """The value with the images' texts in the record. Raises `ValueError` for one that cannot be sent back."""
    if isinstance(value, ReceivedImage):
        if not value.echoable:
            raise ValueError(value.problem or "its text would be sent back changed")
        return FileSpan(record, value.offset, value.length)
    if isinstance(value, dict):
        entries = cast("dict[str, Any]", value)
        return {key: _to_spans(item, record) for key, item in entries.items()}
    if isinstance(value, list):
        return [_to_spans(item, record) for item in cast("list[Any]", value)]
    return value


# Reading what may be anything


def _as_mapping(value: object) -> Tree:
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def _as_list(value: object) -> list[Any]:
    return cast("list[Any]", value) if isinstance(value, list) else []


def _as_string(value: object) -> str:
    # Escapes for half a surrogate pair are legal JSON, and no text that could be stored.
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else ""


def _as_count(value: object) -> int:
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 20:
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else 0
