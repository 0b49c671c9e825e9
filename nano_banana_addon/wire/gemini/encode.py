# SPDX-License-Identifier: GPL-3.0-or-later
"""A request as `generateContent`: only fields that are set, images streamed from their files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ...core import models
from ...core.constants import BATCH
from ...core.errors import InputError, NanoBananaError
from ...core.image_types import SENT_TYPES, find_type, find_type_of_suffix
from ...core.request import GenerationRequest, Reference
from ...core.text import prompts
from ..contract.turn_record import Turn, TurnImage
from ..http.body import Body, build_file_blob, build_json_body
from .conversation import get_echoed_id

Part = dict[str, Any]


def build_user_turn(request: GenerationRequest, provider: str) -> Turn:
    """The user's turn of a request: composed text, prepared images in order. Raises `InputError`."""
    pictures = tuple(get_prepared_file(r) for r in prompts.arrange(request))
    return Turn(
        provider=provider,
        model=models.find_successor(request.model),
        text=prompts.compose(request),
        pictures=pictures,
        continues=get_echoed_id(request),
        parts=(),
    )


def find_user_turn(request: GenerationRequest, provider: str) -> tuple[Turn, bool]:
    """The user's turn of a request that was sent, and whether it is whole: without a lost reference it is empty."""
    try:
        return build_user_turn(request, provider), True
    except NanoBananaError:
        return Turn(provider, request.model, "", (), "", ()), False


def get_prepared_file(reference: Reference) -> TurnImage:
    """The file that is sent for a reference. Raises `InputError` for one that was not prepared."""
    path = Path(reference.path)
    mime_type = reference.mime_type
    image_type = find_type(mime_type) if mime_type else find_type_of_suffix(path.suffix)
    if image_type is None or image_type not in SENT_TYPES:
        raise InputError(f"The image {path.name} has a type that cannot be sent ({mime_type or '?'}).")
    return TurnImage(str(path), reference.sha256, image_type.mime_type, build_file_blob(path).size)


def build_body(
    request: GenerationRequest,
    user_turn: Turn,
    history: Sequence[Turn] = (),
    uploads: Mapping[str, str] | None = None,
) -> Body:
    """The whole body. `history`: earlier turns, oldest first; `uploads`: files' addresses by path.

    Raises `InputError` when a file cannot be read.
    """
    contents: list[dict[str, Any]] = []
    for turn in (*history, user_turn):
        contents.append({"role": "user", "parts": _build_user_parts(turn, uploads or {})})
        if turn.parts:
            contents.append({"role": "model", "parts": list(turn.parts)})
    tree: dict[str, Any] = {}
    if request.system_instruction:
        tree["systemInstruction"] = {"parts": [{"text": request.system_instruction}]}
    tree["contents"] = contents
    tree["generationConfig"] = _build_generation_config(request)
    return build_json_body(tree | _build_options(request))


def _build_user_parts(turn: Turn, uploads: Mapping[str, str]) -> list[Part]:
    return [{"text": turn.text}, *(_build_image_part(picture, uploads) for picture in turn.pictures)]


def _build_image_part(picture: TurnImage, uploads: Mapping[str, str]) -> Part:
    uri = uploads.get(picture.path)
    if uri:
        return {"fileData": {"mimeType": picture.mime_type, "fileUri": uri}}
    return {"inlineData": {"mimeType": picture.mime_type, "data": build_file_blob(Path(picture.path))}}


def _build_generation_config(request: GenerationRequest) -> dict[str, Any]:
    image_config = _drop_unset(
        aspectRatio=request.aspect_ratio,
        imageSize=request.image_size if models.find(request.model).sends_image_size else "",
    )
    thinking = _drop_unset(thinkingLevel=request.thinking_level, includeThoughts=request.include_thoughts or None)
    return _drop_unset(
        responseModalities=["TEXT", "IMAGE"],
        imageConfig=image_config,
        temperature=request.temperature,
        seed=request.seed,
        thinkingConfig=thinking,
        mediaResolution=request.media_resolution,
    )


def _build_options(request: GenerationRequest) -> dict[str, Any]:
    safety = [{"category": c, "threshold": t} for c, t in request.safety.items()]
    tier = request.service_tier if request.service_tier != BATCH else ""  # that is not said in the request
    return _drop_unset(tools=_list_tools(request), safetySettings=safety, serviceTier=tier)


def _list_tools(request: GenerationRequest) -> list[dict[str, Any]]:
    if request.image_search:
        return [{"googleSearch": {"searchTypes": {"webSearch": {}, "imageSearch": {}}}}]
    return [{"googleSearch": {}}] if request.google_search else []


def _drop_unset(**fields: Any) -> dict[str, Any]:
    """The fields that are set: zero is a value, None and the empty are not."""
    return {name: value for name, value in fields.items() if value not in (None, "", [], {})}
