# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules for the conversation: roles, parts, the number and the state of its pictures."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from . import images
from .errors import build_invalid
from .parsed_request import InputPicture, ParsedRequest

FileReader = Callable[[str, str], InputPicture]
_DATA = ("text", "inlineData", "fileData", "functionCall", "functionResponse")


def check_roles(contents: list[dict[str, Any]]) -> None:
    """Something to answer, begun and ended by the user (contract cases 5 and 16)."""
    if not contents:
        raise build_invalid("* GenerateContentRequest.contents: contents is not specified")
    for row, content in enumerate(contents):
        if content.get("role", "user") not in ("user", "model"):
            raise build_invalid("Please use a valid role: user, model.")
        check_parts(content, f"GenerateContentRequest.contents[{row}]")
    if contents[0].get("role") == "model" or contents[-1].get("role") == "model":
        raise build_invalid("Please ensure that the conversation begins and ends with a user role.")


def check_parts(content: dict[str, Any], path: str) -> None:
    """No content without parts, no part without data."""
    if not content.get("parts"):
        raise build_invalid(f"* {path}.parts: contents.parts must not be empty.")
    for column, part in enumerate(content["parts"]):
        signed = "thoughtSignature" in part
        if not signed and not any(name in part for name in _DATA):
            place = f"* {path}.parts[{column}].data"
            raise build_invalid(f"{place}: required oneof field 'data' must have one initialized field")


def gather(parsed: ParsedRequest, contents: list[dict[str, Any]], read_file: FileReader, limit: int | None) -> None:
    """Fill in the prompt (the last user text) and the pictures in order, each one checked."""
    for row, content in enumerate(contents):
        from_user = content.get("role") != "model"
        for column, part in enumerate(content["parts"]):
            parsed.text_length += len(part.get("text") or "")
            picture = _read_picture(part, from_user, read_file, limit)
            if picture is not None and not part.get("thought"):
                parsed.pictures.append(picture)
            elif "inlineData" in part and picture is None:
                raise build_invalid(f"contents[{row}].parts[{column}].inline_data is empty.")
    last = contents[-1]["parts"]
    parsed.prompt = "\n".join(part["text"] for part in last if part.get("text"))
    _check_count(parsed)


def _read_picture(
    part: dict[str, Any], from_user: bool, read_file: FileReader, limit: int | None
) -> InputPicture | None:
    if "fileData" in part:
        file_data = part["fileData"]
        picture = read_file(file_data.get("fileUri") or "", file_data.get("mimeType") or "")
        images.check(picture.data, picture.mime, None)
        picture.from_user = from_user
        return picture
    blob = part.get("inlineData")
    if not blob:
        return None
    data, mime = blob.get("data") or b"", blob.get("mimeType") or ""
    # What the model made itself may come back larger than a user's reference may be.
    images.check(data, mime, limit if from_user else None)
    return InputPicture(data, mime, from_user)


def _check_count(parsed: ParsedRequest) -> None:
    count = sum(picture.from_user for picture in parsed.pictures)
    max_images = parsed.model.max_images
    if count > max_images:
        raise build_invalid(
            f"Too many images in the request: {count} given, at most {max_images} are supported by "
            f"models/{parsed.model.id}."
        )
