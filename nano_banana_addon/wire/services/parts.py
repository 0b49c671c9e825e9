# SPDX-License-Identifier: GPL-3.0-or-later
"""What these contracts share: the images of a request, its pixels, and the images of an answer."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

from ...core import models
from ...core.errors import ErrorKind, InputError, NanoBananaError
from ...core.result import Answer, Usage
from ...core.text import prompts
from ..contract.pictures import build_answer
from ..contract.spool import ReceivedImage
from ..contract.steps import ContractJob, Keep, Reply, Steps, fetch
from ..contract.turn_record import TurnImage
from ..http.body import Base64File, build_file_blob

_TYPES = ("image/png", "image/jpeg", "image/webp")


def list_pictures(job: ContractJob) -> tuple[TurnImage, ...]:
    """The prepared images, in the order of sending. Raises `InputError` for a type that only Gemini takes."""
    for picture in job.user_turn.pictures:
        if picture.mime_type not in _TYPES:
            raise InputError(
                f"The image {Path(picture.path).name} cannot be sent as {picture.mime_type}.",
                next_step="Save it as JPEG or PNG.",
            )
    return job.user_turn.pictures


def find_mask(job: ContractJob) -> Path | None:
    """The file that says what is to be changed, as the model takes it."""
    mask = prompts.find_mask(job.request)
    return Path(mask.path) if mask else None


def build_data_uri(picture: TurnImage) -> Base64File:
    """An image as a data URI."""
    blob = build_file_blob(Path(picture.path))
    return replace(blob, prefix=f"data:{picture.mime_type};base64,".encode())


def find_pixels(job: ContractJob) -> tuple[int, int]:
    """Width and height of the image to be generated."""
    model = models.find(job.request.model)
    size = job.request.image_size if job.request.image_size in model.sizes else model.default_size
    return model.find_pixel_size(prompts.find_ratio(job.request) or "1:1", size)


def get_model_id(job: ContractJob) -> str:
    """The service's own id of the model."""
    return job.endpoint.get_model_id(job.request.model)


def get_path(job: ContractJob) -> str:
    """The path at which the model's family begins."""
    return job.endpoint.find_route(job.request.model).path


def drop_unset(**fields: Any) -> dict[str, Any]:
    """The fields that are set: zero is a value, None and the empty are not."""
    return {name: value for name, value in fields.items() if value not in (None, "", [], {})}


def is_base64_json(key: str, _parent: str) -> bool:
    """`b64_json`, as OpenAI spells it and most do."""
    return key == "b64_json"


def as_mapping(value: object) -> dict[str, Any]:
    """An object, or an empty one."""
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def as_list(value: object) -> list[Any]:
    """A list, or none."""
    return cast("list[Any]", value) if isinstance(value, list) else []


def finish(
    reply: Reply, items: Sequence[Any], job: ContractJob, *, usage: Usage | None = None, billed_usd: float | None = None
) -> Steps:
    """The answer made of `{"b64_json"}`, `{"url"}` and `{"error"}` items; links are kept before they are fetched.

    Raises `NanoBananaError`: REFUSED where all of them were refused.
    """
    images = [as_mapping(item).get("b64_json") for item in items]
    received = [image if isinstance(image, ReceivedImage) else None for image in images]
    urls = [str(as_mapping(item).get("url") or "") for item in items]
    if any(urls):
        yield Keep(json.dumps({"urls": urls, "usd": billed_usd}))
        return (yield from fetch_all(urls, job, billed_usd))
    if not any(received) and not reply.truncation:
        raise _explain_items(items)
    return _build(received, job, usage, billed_usd, reply.truncation)


def resume(ticket: str, job: ContractJob) -> Steps:
    """The answer of the links in a ticket of `finish`."""
    plain = json.loads(ticket)
    return (yield from fetch_all(plain["urls"], job, plain["usd"]))


def fetch_all(urls: Iterable[str], job: ContractJob, billed_usd: float | None = None, *, own: bool = False) -> Steps:
    """The answer whose images are behind links; an empty one stands for an image that the service left out."""
    received: list[ReceivedImage | None] = []
    for url in urls:
        received.append((yield from fetch(url, own=own)) if url else None)
    return _build(received, job, None, billed_usd, "")


def _build(
    received: Sequence[ReceivedImage | None],
    job: ContractJob,
    usage: Usage | None,
    billed_usd: float | None,
    truncation: str,
) -> Answer:
    return build_answer(received, job.context, usage=usage, billed_usd=billed_usd, truncation=truncation)


def _explain_items(items: Sequence[Any]) -> NanoBananaError:
    error = next((found for item in items if (found := as_mapping(as_mapping(item).get("error")))), None)
    if error is None:
        return NanoBananaError(ErrorKind.ANSWER, "The answer holds no image.")
    return NanoBananaError(ErrorKind.REFUSED, detail=str(error.get("message", ""))[:500], reason=str(error.get("code")))
