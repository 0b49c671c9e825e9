# SPDX-License-Identifier: GPL-3.0-or-later
"""Parses the tree of an answer and its received images."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

from ...core.constants import PictureRole
from ...core.errors import ErrorKind, NanoBananaError
from ...core.request import GenerationRequest
from ...core.result import Answer, GroundingSource, Picture, Refusal, Usage
from ..contract.pictures import AnswerContext, list_picture_warnings, read_images
from ..contract.spool import ReceivedImage, convert_folder_errors
from ..contract.turn_record import Turn
from ..http.body import FileSpan
from .refusals import build_refusal, choose_reason

Tree = Mapping[str, Any]


def sort_answer(tree: object, user_turn: Turn, context: AnswerContext, tier: str = "", truncation: str = "") -> Answer:
    """The answer of a 200. Refused prompts have `refusal` set.

    `tier` is the service tier that the answer's header names; `broken` says that the connection ended early: then a
    complete image is still delivered, and nothing else. Raises `NanoBananaError`: ANSWER when the answer is invalid or
    its images cannot be used, DISK.
    """
    response, candidate = _merge_pieces(tree)
    parts = [_as_mapping(part) for part in _as_list(_as_mapping(candidate.get("content")).get("parts"))]
    received = ((_read_received(part), part.get("thought") is True) for part in parts)
    pictures, problems = read_images(((image, thought) for image, thought in received if image), context)
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


def _read_received(part: Tree) -> ReceivedImage | None:
    for key in ("inlineData", "inline_data"):
        data = _as_mapping(part.get(key)).get("data")
        if isinstance(data, ReceivedImage):
            return data
    return None


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
    warnings = [truncation, *list_picture_warnings(result, request, problems)]
    finish = _as_string(candidate.get("finishReason"))
    if finish not in ("", "STOP") and not truncation:
        warnings.append(f"The model ended with {finish}; the image may be unfinished.")
    return tuple(warning for warning in warnings if warning)


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
