# SPDX-License-Identifier: GPL-3.0-or-later
"""The tree of an answer and its received pictures, sorted into what the artist gets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

from ...core import models
from ...core.errors import ErrorKind, NanoBananaError
from ...core.request import GenerationRequest
from ...core.result import Answer, GroundingSource, Picture, PictureRole, Refusal, Usage
from ..http.body import FileSpan
from ..limits import Limits
from ..redact import Redactor
from .image_header import NotAPicture, pixel_digest, read_header
from .refusals import reason_without_picture, refusal
from .spool import Received, Spool, disk_errors
from .turn_record import Turn

Tree = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Sorting:
    """What is needed to sort an answer."""

    request: GenerationRequest
    spool: Spool
    redactor: Redactor
    limits: Limits


def sort_answer(tree: object, asked: Turn, sorting: Sorting, tier: str = "", broken: str = "") -> Answer:
    """The answer of a 200. Refused prompts have `refusal` set.

    `tier` is the service tier that the answer's header names; `broken` says that the connection
    ended early: then a complete picture is still delivered, and nothing else is. Raises
    `NanoBananaError` (ANSWER) when the answer is no answer or its pictures cannot be used, (DISK).
    """
    answer, candidate = _one_answer(tree)
    parts = [_as_mapping(part) for part in _list(_as_mapping(candidate.get("content")).get("parts"))]
    pictures, problems = _pictures(parts, sorting)
    clean = sorting.redactor.tree
    answer, candidate = clean(dict(answer)), clean(dict(candidate))
    said = [_as_mapping(clean(dict(part))) for part in parts]
    result = next((p for p in pictures if p.role is PictureRole.RESULT), None)
    if result is None and (problems or broken):
        raise NanoBananaError(ErrorKind.ANSWER, "The answer holds no usable picture.", detail=problems)
    text = _text(said, thoughts=False)
    metadata = _as_mapping(candidate.get("groundingMetadata"))
    entry = _as_mapping(metadata.get("searchEntryPoint")).get("renderedContent")
    return Answer(
        pictures=pictures,
        text=text,
        thoughts=_text(said, thoughts=True),
        usage=_usage(_as_mapping(answer.get("usageMetadata"))),
        refusal=None if result else _refusal(answer, candidate, text, bool(pictures)),
        finish_reason=_string(candidate.get("finishReason")),
        response_id=_string(answer.get("responseId")),
        model_version=_string(answer.get("modelVersion")),
        service_tier=tier or _string(_as_mapping(answer.get("usageMetadata")).get("serviceTier")),
        turn=_keep_turn(parts, asked, sorting) if result and not broken else "",
        sources=_sources(metadata),
        search_entry_point=_string(entry),
        warnings=_warnings(result, sorting.request, problems, broken, candidate),
    )


def _one_answer(tree: object) -> tuple[Tree, Tree]:
    """The answer's object and its first candidate; an array holds the pieces of one answer."""
    several = _list(tree)
    pieces = [_as_mapping(piece) for piece in several] if several else [_as_mapping(tree)]
    pieces = [piece for piece in pieces if piece]
    known = ("candidates", "promptFeedback", "usageMetadata", "modelVersion", "responseId")
    if not any(key in piece for piece in pieces for key in known):
        raise NanoBananaError(ErrorKind.ANSWER, "The answer is not one of the Gemini API.")
    answer: dict[str, Any] = {}
    candidate: dict[str, Any] = {}
    parts: list[Any] = []
    for piece in pieces:
        answer.update(piece)
        first = _as_mapping(next(iter(_list(piece.get("candidates"))), None))
        parts += _list(_as_mapping(first.get("content")).get("parts"))
        candidate.update(first)
    return answer, candidate | {"content": {"parts": parts}}


# Pictures


def _pictures(parts: list[Tree], sorting: Sorting) -> tuple[tuple[Picture, ...], str]:
    """The usable pictures in order, with their roles; and what is wrong with the others."""
    found: list[Picture] = []
    problems: list[str] = []
    for part in parts:
        received = _read_received(part)
        if received is None:
            continue
        thought = part.get("thought") is True
        try:
            found.append(_picture(received, thought, sorting))
        except NotAPicture as problem:
            problems.append(str(problem))
            sorting.spool.drop(received.path)
    finals = _without_twins([p for p in found if p.role is not PictureRole.THOUGHT], sorting.spool)
    finals = [*finals[:-1], *(replace(p, role=PictureRole.RESULT) for p in finals[-1:])]
    thoughts = [p for p in found if p.role is PictureRole.THOUGHT]
    return (*thoughts, *finals), "; ".join(dict.fromkeys(problems))


def _read_received(part: Tree) -> Received | None:
    for key in ("inlineData", "inline_data"):
        data = _as_mapping(part.get(key)).get("data")
        if isinstance(data, Received):
            return data
    return None


def _picture(received: Received, thought: bool, sorting: Sorting) -> Picture:
    if received.problem:
        raise NotAPicture(received.problem)
    with disk_errors(received.path.parent):
        header = read_header(received.path)
    if header.width * header.height > sorting.limits.pixels:
        raise NotAPicture(f"the picture claims {header.width} x {header.height} pixels")
    path = sorting.spool.rename(received.path, header.extension)
    return Picture(
        path=str(path),
        sha256=received.sha256,
        mime_type=header.mime_type,
        width=header.width,
        height=header.height,
        byte_count=received.byte_count,
        role=PictureRole.THOUGHT if thought else PictureRole.DRAFT,
    )


def _without_twins(pictures: list[Picture], spool: Spool) -> list[Picture]:
    """Of pictures with the same pixels the last one stays."""
    if len(pictures) < 2:
        return pictures
    last: dict[str, Picture] = {}
    for picture in pictures:
        digest = pixel_digest(Path(picture.path))
        twin = last.pop(digest, None)
        if twin:
            spool.drop(Path(twin.path))
        last[digest] = picture
    return list(last.values())


# Words and numbers


def _refusal(answer: Tree, candidate: Tree, text: str, thoughts: bool) -> Refusal:
    feedback = _as_mapping(answer.get("promptFeedback"))
    blocked = _string(feedback.get("blockReason"))
    reason = reason_without_picture(_string(candidate.get("finishReason")), blocked, text, thoughts)
    message = _string(candidate.get("finishMessage")) or _string(feedback.get("blockReasonMessage")) or text.strip()
    return refusal(reason, message)


def _text(parts: list[Tree], *, thoughts: bool) -> str:
    wanted = [p for p in parts if (p.get("thought") is True) == thoughts]
    return "".join(_string(part.get("text")) for part in wanted)


def _usage(metadata: Tree) -> Usage:
    details = [_as_mapping(entry) for entry in _list(metadata.get("candidatesTokensDetails"))]
    pictures = [d for d in details if d.get("modality") == "IMAGE"]
    return Usage(
        prompt=_count(metadata.get("promptTokenCount")),
        candidates=_count(metadata.get("candidatesTokenCount")),
        thoughts=_count(metadata.get("thoughtsTokenCount")),
        total=_count(metadata.get("totalTokenCount")),
        image=sum(_count(detail.get("tokenCount")) for detail in pictures),
        tool_prompt=_count(metadata.get("toolUsePromptTokenCount")),
        cached=_count(metadata.get("cachedContentTokenCount")),
        reported=bool(metadata),
    )


def _sources(metadata: Tree) -> tuple[GroundingSource, ...]:
    chunks = [_as_mapping(chunk) for chunk in _list(metadata.get("groundingChunks"))]
    sources: list[GroundingSource] = []
    for chunk in chunks:
        web, image = _as_mapping(chunk.get("web")), _as_mapping(chunk.get("image"))
        uri = _string(web.get("uri")) or _string(image.get("sourceUri"))
        if uri.startswith(("https://", "http://")):
            title = _string(web.get("title")) or _string(image.get("title"))
            sources.append(GroundingSource(title or uri, uri, _string(image.get("imageUri"))))
    return tuple(dict.fromkeys(sources))


def _warnings(
    result: Picture | None, request: GenerationRequest, problems: str, broken: str, candidate: Tree
) -> tuple[str, ...]:
    if result is None:
        return ()
    found = [broken, _size_warning(result, request)]
    if problems:
        found.append(f"Another picture of the answer could not be used: {problems}.")
    finish = _string(candidate.get("finishReason"))
    if finish not in ("", "STOP") and not broken:
        found.append(f"The model ended with {finish}; the picture may be unfinished.")
    with disk_errors(Path(result.path).parent):
        if not read_header(Path(result.path)).complete:
            found.append("The picture's file seems to be cut off at its end.")
    return tuple(warning for warning in found if warning)


def _size_warning(result: Picture, request: GenerationRequest) -> str:
    """Whether what came is what was asked for; without a ratio any of the size's ratios will do."""
    model = models.find(request.model)
    size = request.image_size or ("1K" if "1K" in model.sizes else model.sizes[0])
    if size not in model.sizes or (request.aspect_ratio and request.aspect_ratio not in model.ratios):
        return ""
    ratios = (request.aspect_ratio,) if request.aspect_ratio else model.ratios
    expected = [model.pixels(ratio, size) for ratio in ratios]
    if (result.width, result.height) in expected or not model.known:
        return ""
    came = f"{result.width} x {result.height}"
    if request.aspect_ratio:
        width, height = expected[0]
        return f"{width} x {height} was asked for, {came} came."
    smallest = min(width * height for width, height in expected)
    return f"{size} was asked for, {came} came." if result.width * result.height < smallest else ""


# The record for the next turn


def _keep_turn(parts: list[Tree], asked: Turn, sorting: Sorting) -> str:
    """Write the record of this turn; "" when the answer could not be sent back as it came."""
    writer = sorting.spool.turn
    kept: list[dict[str, Any]] = []
    for part in parts:
        if part.get("thought") is True:
            continue  # thoughts carry no signature and need not be sent back
        received = _read_received(part)
        if received is not None and not received.echoable:
            return ""
        kept.append(_as_kept(dict(part), writer.path))
    with disk_errors(writer.path.parent):
        writer.finish(replace(asked, parts=tuple(sorting.redactor.tree(kept, exact=True))))
    return str(writer.path)


def _as_kept(value: Any, record: Path) -> Any:
    if isinstance(value, Received):
        return FileSpan(record, value.offset, value.length)
    if isinstance(value, dict):
        entries = cast("dict[str, Any]", value)
        return {key: _as_kept(item, record) for key, item in entries.items()}
    if isinstance(value, list):
        return [_as_kept(item, record) for item in cast("list[Any]", value)]
    return value


# Reading what may be anything


def _as_mapping(value: object) -> Tree:
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def _list(value: object) -> list[Any]:
    return cast("list[Any]", value) if isinstance(value, list) else []


def _string(value: object) -> str:
    # Escapes for half a surrogate pair are legal JSON, and no text that could be stored.
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else ""


def _count(value: object) -> int:
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 16:
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else 0
