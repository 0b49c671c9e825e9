# SPDX-License-Identifier: GPL-3.0-or-later
"""The exact request for the preview and for a dry run: the same body, with placeholders for the images."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

from ...core.request import GenerationRequest
from ...core.text import prompts
from ..contract.pictures import AnswerContext
from ..contract.steps import Ask, ContractJob, Reply, Upload
from ..contract.turn_record import Turn
from ..gemini import conversation
from ..gemini.encode import build_user_turn
from ..http.body import Base64File, Body, FileSpan
from ..providers import Endpoint
from .contracts import find_contract


@dataclass(frozen=True, slots=True)
class PreviewImage:
    """An image in the order of sending. `byte_count` is the file's; base64 makes it a third more."""

    number: int
    role: str
    label: str
    path: str
    mime_type: str
    width: int
    height: int
    byte_count: int
    prepared: str


@dataclass(frozen=True, slots=True)
class RequestPreview:
    """The address, text, images, size, and the whole JSON without the images' bytes.

    `earlier_turns` counts those that are sent again; `obstacle` says why a conversation cannot be continued, and that
    the image would be sent as a reference instead. `uploads`: the images would be sent through the Files API, because
    the body would exceed the provider's limit.
    """

    url: str
    model: str
    text: str
    system_instruction: str
    pictures: tuple[PreviewImage, ...]
    body_bytes: int
    body: dict[str, Any]
    uploads: bool = False
    earlier_turns: int = 0
    obstacle: str = ""


def build_preview(
    request: GenerationRequest,
    endpoint: Endpoint,
    turn_of: conversation.TurnLookup = lambda _id: None,
) -> RequestPreview:
    """What `client.generate` would send. Reads files' sizes, sends nothing, needs no key.

    Raises `InputError` when a reference cannot be read.
    """
    provider = endpoint.provider
    earlier = conversation.find_continuation(request, provider.id, turn_of)
    if earlier.obstacle:
        request = replace(request, picture_instead=earlier.obstacle)
    user_turn = build_user_turn(request, provider.id)
    shown = endpoint if endpoint.base_url else Endpoint(provider, "http://127.0.0.1")
    ask, uploads = _find_order(request, shown, user_turn, earlier.turns)
    body = ask.body or Body(())
    return RequestPreview(
        url=shown.resolve_path(ask.path) if endpoint.base_url else "",
        model=endpoint.get_model_id(request.model),
        text=user_turn.text,
        system_instruction=request.system_instruction,
        pictures=_list_images(request, user_turn),
        body_bytes=body.length,
        body=_show_body(body),
        uploads=uploads,
        earlier_turns=ask.earlier_turns,
        obstacle=request.picture_instead,
    )


def _find_order(
    request: GenerationRequest, endpoint: Endpoint, user_turn: Turn, history: tuple[Turn, ...]
) -> tuple[Ask, bool]:
    """The step that orders the image, and whether images would be uploaded before it. Nothing is sent."""
    context = cast("AnswerContext", None)  # no answer comes
    job = ContractJob(request, endpoint, user_turn, context, history, can_upload=endpoint.provider.files_api)
    steps = find_contract(endpoint, request.model).steps(job)
    step, uploads = next(steps), False
    while not (isinstance(step, Ask) and step.generates):
        uploads = uploads or isinstance(step, Upload)
        step = steps.send(Reply(200, {}, {}) if isinstance(step, Ask) else {})
    return step, uploads


def format_preview(preview: RequestPreview) -> str:
    """The preview as text: the address, the images in order, the text, and the options."""
    shown = preview
    lines = [f"To: {shown.url or 'the bundled server'}", f"Model: {shown.model}"]
    lines.append(f"Body: {shown.body_bytes / 1e6:.2f} MB" + (", by uploads" if shown.uploads else ""))
    if shown.earlier_turns:
        lines.append(f"Continues a conversation of {shown.earlier_turns} earlier turns, sent again")
    if shown.obstacle:
        lines.append(f"{shown.obstacle} The image is sent as a reference instead.")
    lines += [_format_image(picture) for picture in shown.pictures]
    if shown.system_instruction:
        lines += ["", "System instruction:", shown.system_instruction]
    lines += ["", "Text:", shown.text, "", "Options:"]
    options = {k: v for k, v in shown.body.items() if k not in ("contents", "systemInstruction")}
    return "\n".join([*lines, json.dumps(options, indent=2)])


def _format_image(picture: PreviewImage) -> str:
    size = f", {picture.width} x {picture.height}" if picture.width else ""
    label = f" {picture.label}" if picture.label else ""
    preparation = f" ({picture.prepared})" if picture.prepared else ""
    return (
        f"Image {picture.number}: {picture.role}{label}, {picture.mime_type}{size},"
        f" {picture.byte_count / 1e6:.2f} MB{preparation}"
    )


def _list_images(request: GenerationRequest, user_turn: Turn) -> tuple[PreviewImage, ...]:
    references = prompts.arrange(request)
    return tuple(
        PreviewImage(
            number=number,
            role=reference.role.value,
            label=reference.label,
            path=picture.path,
            mime_type=picture.mime_type,
            width=reference.width,
            height=reference.height,
            byte_count=picture.byte_count,
            prepared=reference.prepared,
        )
        for number, (reference, picture) in enumerate(zip(references, user_turn.pictures, strict=True), start=1)
    )


def _show_body(body: Body) -> dict[str, Any]:
    """The body itself, read back, with a note in place of each image's text."""
    text = b"".join(
        part if isinstance(part, bytes) else json.dumps(_describe_blob(part))[1:-1].encode() for part in body.parts
    )
    try:
        tree: dict[str, Any] = json.loads(text)
    except ValueError:  # a form
        return {"form": text.decode("utf-8", "replace").splitlines()}
    return tree


def _describe_blob(blob: Base64File | FileSpan) -> str:
    if isinstance(blob, Base64File):
        return f"<{Path(blob.path).name}: {blob.size} bytes, {blob.length} as base64>"
    return f"<the model's own image, {blob.length} bytes as base64>"
