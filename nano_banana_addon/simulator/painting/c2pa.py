# SPDX-License-Identifier: GPL-3.0-or-later
"""Content credentials, built like the real ones: JUMBF boxes in JPEG's APP11 or PNG's caBX.

They carry the structure that the Gemini contract names but no valid signature: they say of
themselves that they come from an offline preview.
"""

from __future__ import annotations

import struct
import zlib

_C2PA = bytes.fromhex("63327061 0011 0010 8000 00aa00389b71".replace(" ", ""))
_JSON = bytes.fromhex("6a736f6e 0011 0010 8000 00aa00389b71".replace(" ", ""))
_SEGMENT = 60_000  # bytes of box data in one APP11 segment; the format allows a little more
_SOURCE = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"


def _build_box(kind: bytes, payload: bytes) -> bytes:
    return struct.pack(">I", len(payload) + 8) + kind + payload


def _build_superbox(uuid: bytes, label: str, *content: bytes) -> bytes:
    description = _build_box(b"jumd", uuid + b"\x03" + label.encode() + b"\0")
    return _build_box(b"jumb", description + b"".join(content))


def build_manifest(serial: int = 0) -> bytes:
    """A manifest store as a JUMBF superbox labelled ``c2pa``; *serial* makes it differ."""
    action = f'{{"actions":[{{"action":"c2pa.created","digitalSourceType":"{_SOURCE}"}}]}}'
    claim = f'{{"claim_generator_info":{{"name":"Offline preview"}},"instanceID":"{serial:08x}"}}'
    boxes = [
        _build_superbox(_JSON, label, _build_box(b"json", text.encode()))
        for label, text in (("c2pa.actions.v2", action), ("c2pa.claim.v2", claim))
    ]
    boxes.append(_build_superbox(_JSON, "c2pa.signature", _build_box(b"json", b'{"alg":"none"}')))
    return _build_superbox(_C2PA, "c2pa", _build_superbox(_C2PA, f"urn:c2pa:{serial:032x}", *boxes))


def embed_in_jpeg(data: bytes, serial: int = 0) -> bytes:
    """*data* with the manifest in APP11 segments directly after the SOI marker."""
    store = build_manifest(serial)
    header, payload = store[:8], store[8:]
    segments = [
        _build_app11(number, header + payload[start : start + _SEGMENT])
        for number, start in enumerate(range(0, len(payload), _SEGMENT), 1)
    ]
    return data[:2] + b"".join(segments) + data[2:]


def _build_app11(number: int, content: bytes) -> bytes:
    body = b"JP" + struct.pack(">HI", 1, number) + content
    return b"\xff\xeb" + struct.pack(">H", len(body) + 2) + body


def embed_in_png(data: bytes, serial: int = 0) -> bytes:
    """*data* with the manifest in a ``caBX`` chunk directly after IHDR (offset 33)."""
    body = b"caBX" + build_manifest(serial)
    chunk = struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))
    return data[:33] + chunk + data[33:]
