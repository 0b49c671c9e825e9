# SPDX-License-Identifier: GPL-3.0-or-later
"""Bodies of multipart/form-data, read strictly."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

from nano_banana_addon.simulator.call import ServerCall
from nano_banana_addon.simulator.generate import GENERATE

from .errors import ServiceError

_DISPOSITION = re.compile(rb'content-disposition:\s*form-data;\s*name="([^"]*)"(?:;\s*filename="([^"]*)")?', re.I)
_TYPE = re.compile(rb"content-type:\s*([^\r\n;]+)", re.I)


@dataclass(frozen=True)
class Part:
    """One part; ``filename`` None for a plain field."""

    name: str
    data: bytes
    filename: str | None = None
    mime: str = ""

    @property
    def text(self) -> str:
        """A plain field's value. Raises ``ValueError`` for broken UTF-8."""
        return self.data.decode("utf-8")


class Form:
    """The parts of one body, in their order."""

    def __init__(self, parts: list[Part]) -> None:
        self.parts = parts

    def find_files(self, *names: str) -> list[Part]:
        """The files under any of *names*."""
        return [part for part in self.parts if part.name in names and part.filename is not None]

    def get_values(self) -> dict[str, str]:
        """The plain fields; the last of a name counts."""
        return {part.name: part.text for part in self.parts if part.filename is None}


def read_form(call: ServerCall, on: str = GENERATE) -> Form:
    """The form of a body; a 400 for any other type and for a body that does not end properly.

    The digest is that of the parts, because the boundary differs from call to call.
    """
    kind = re.fullmatch(r'multipart/form-data;.*?boundary="?([^";]+)"?.*', call.headers.get("content-type", ""), re.I)
    if kind is None:
        raise ServiceError(400, "The body must be multipart/form-data with a boundary.", "invalid_request")
    pieces = call.state.extension.script.receive(call, call.read_pieces(), on)
    body = b"".join(pieces)
    parts = _split(body, kind.group(1).encode("latin-1"))
    digest = hashlib.sha256()
    for part in parts:
        digest.update(repr((part.name, part.filename is None, hashlib.sha256(part.data).hexdigest())).encode())
    call.digest = digest.hexdigest()
    call.note(body_length=len(body), digest=call.digest, json=_shorten(parts))
    return Form(parts)


def _split(body: bytes, boundary: bytes) -> list[Part]:
    pieces = (b"\r\n" + body).split(b"\r\n--" + boundary)
    if len(pieces) < 2 or pieces[0] or pieces[-1].strip(b"\r\n") != b"--":
        raise ServiceError(400, "The multipart body is not complete.", "invalid_request")
    return [_read_part(piece) for piece in pieces[1:-1]]


def _read_part(piece: bytes) -> Part:
    head, separator, data = piece.removeprefix(b"\r\n").partition(b"\r\n\r\n")
    found = _DISPOSITION.search(head)
    if not separator or found is None:
        raise ServiceError(400, "A part has no name.", "invalid_request")
    kind = _TYPE.search(head)
    name, filename = found.group(1).decode("utf-8", "replace"), found.group(2)
    mime = kind.group(1).decode("latin-1").strip() if kind else ""
    return Part(name, data, None if filename is None else filename.decode("utf-8", "replace"), mime)


def _shorten(parts: list[Part]) -> dict[str, object]:
    """What is remembered: plain fields as text, files by digest."""
    shown: dict[str, object] = {}
    for part in parts:
        if part.filename is None:
            shown[part.name] = part.data.decode("utf-8", "replace")
        else:
            line = f"sha256:{hashlib.sha256(part.data).hexdigest()} {len(part.data)} bytes {part.mime}"
            files = shown.setdefault(part.name, [])
            assert isinstance(files, list)
            files.append(line)
    return shown
