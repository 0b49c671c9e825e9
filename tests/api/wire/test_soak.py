# SPDX-License-Identifier: GPL-3.0-or-later
"""Twenty thousand spoilt answers over sockets: an answer or an error in words, and nothing left
behind.
"""

from __future__ import annotations

import base64
import gzip
import io
import json
import os
import random
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from PIL import Image

from nano_banana_addon.core.errors import ErrorKind, NanoBananaError

from .conftest import Caller, small

ANSWERS = 20_000
TOKENS = [
    *(b"[", b"]", b"{", b"}", b'"', b"\\", b",", b":", b"null", b"-", b"1e999", b"9" * 80),
    *(b'{"inlineData":{"data":"', b'"thought":true,', b"\\u0000", b"\\ud800", b"\xff\xfe", b"\x00"),
    *(b"[" * 60, b'"' + b"x" * 3000 + b'"', b'"error":{"code":429},', b"=", b"====", b"\\/"),
]
FAIR = frozenset(ErrorKind) - {
    ErrorKind.INTERNAL,
    ErrorKind.CANCELLED,
    ErrorKind.INPUT,
    ErrorKind.DISK,
}


def picture(kind: str, seed: int) -> dict[str, object]:
    buffer = io.BytesIO()
    Image.new("RGB", (8 + seed, 8), (seed * 40, 9, 200)).save(buffer, kind)
    data = base64.b64encode(buffer.getvalue()).decode()
    return {
        "inlineData": {"mimeType": f"image/{kind.lower()}", "data": data},
        "thoughtSignature": "c2ln",
    }


def originals() -> list[bytes]:
    usage = {
        "promptTokenCount": 9,
        "candidatesTokensDetails": [{"modality": "IMAGE", "tokenCount": 1120}],
    }

    def answer(*parts: object, **more: object) -> dict[str, object]:
        content = {"role": "model", "parts": list(parts)}
        return {
            "candidates": [{"content": content, "finishReason": "STOP", **more}],
            "usageMetadata": usage,
        }

    sources = {"groundingChunks": [{"web": {"uri": "https://a.example", "title": "a"}}]}
    trees = [
        answer({"text": "hi"}, picture("JPEG", 1)),
        answer(
            {"text": "hm", "thought": True},
            picture("PNG", 1) | {"thought": True},
            picture("PNG", 2),
        ),
        answer(picture("WEBP", 1), picture("WEBP", 1), groundingMetadata=sources),
        answer({"text": "no"}, finishMessage="because"),
        [answer(picture("JPEG", 2)), answer({"text": "more"})],
        {"promptFeedback": {"blockReason": "SAFETY"}},
        {"error": {"code": 429, "message": "limit: 0", "details": [{"retryDelay": "3s"}]}},
    ]
    return [json.dumps(tree, indent=n % 2 or None).encode() for n, tree in enumerate(trees)]


def spoilt(body: bytes, chance: random.Random) -> bytes:
    data = bytearray(body)
    for _change in range(chance.randrange(4)):
        place = chance.randrange(len(data) + 1)
        length = min(chance.choice((1, 1, 3, 20, 400)), len(data) - place)
        change = chance.randrange(5)
        if change == 0:
            data[place:place] = chance.choice(TOKENS)
        elif change == 1:
            del data[place : place + length]
        elif change == 2:
            data[place : place + length] = chance.randbytes(length)
        elif change == 3:
            data[place:place] = data[place : place + length]
        else:
            del data[place:]
    return bytes(data)


def http(body: bytes, chance: random.Random) -> bytes:
    status = chance.choices((200, 400, 429, 503, 302, 204), (90, 3, 3, 2, 1, 1))[0]
    head = [f"HTTP/1.1 {status} X", "Content-Type: application/json"]
    way = chance.randrange(10)
    if way == 0:
        body = spoilt(gzip.compress(body, 1), chance) if chance.random() < 0.5 else gzip.compress(body, 1)
        head.append("Content-Encoding: gzip")
    if way == 1:
        size = chance.randrange(1, 999)
        pieces = [body[n : n + size] for n in range(0, len(body), size)]
        body = b"".join(b"%x\r\n%s\r\n" % (len(p), p) for p in pieces) + b"0\r\n\r\n"
        head.append("Transfer-Encoding: chunked")
    elif way != 2:
        wrong = chance.choice((0, 0, 0, 0, 0, 0, 5, -5))
        head.append(f"Content-Length: {max(len(body) + wrong, 0)}")
    raw = "\r\n".join(head).encode() + b"\r\n\r\n" + body
    return raw if chance.random() < 0.97 else spoilt(raw, chance)


@contextmanager
def fuzzing_server(seed: int) -> Iterator[str]:
    chance, bodies, stop = random.Random(seed), originals(), threading.Event()
    with socket.create_server(("127.0.0.1", 0), backlog=16) as listener:
        thread = threading.Thread(target=_serve, args=(listener, chance, bodies, stop))
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        stop.set()
        with suppress(OSError):
            socket.create_connection(listener.getsockname()).close()
        thread.join(10)


def _serve(listener: socket.socket, chance: random.Random, bodies: list[bytes], stop: threading.Event) -> None:
    while not stop.is_set():
        line, _address = listener.accept()
        with line, suppress(OSError):
            line.settimeout(5)
            seen = line.recv(65536)
            while seen and not seen.endswith(b"}"):
                seen = line.recv(65536)
            line.sendall(http(spoilt(chance.choice(bodies), chance), chance))
            if chance.random() < 0.02:
                line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def memory() -> int:
    with Path("/proc/self/statm").open() as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


@pytest.mark.soak
@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="reads its own memory from /proc")
def test_spoilt_answers_never_crash_hang_leak_or_grow(tmp_path, monkeypatch):
    monkeypatch.setattr("nano_banana_addon.wire.client.client.read_timeout", lambda _request: 20.0)
    kinds: set[ErrorKind] = set()
    words: set[str] = set()
    results = settled = files = 0
    with fuzzing_server(seed=20261122) as url:
        caller = Caller(url, tmp_path / "results", progress=[])
        for number in range(ANSWERS):
            try:
                answer = caller.ask(small(), on_progress=lambda _p: None)
            except NanoBananaError as error:
                kinds.add(error.kind)
                words.add(error.to_sentence())
                kept: set[Path] = set()
            else:
                results += answer.result is not None
                kept = {Path(p.path) for p in answer.pictures} | ({Path(answer.turn)} if answer.turn else set())
            assert set(caller.left()) == kept, number
            for path in kept:
                path.unlink()
            if number == ANSWERS // 5:
                settled, files = memory(), open_files()
        assert memory() - settled < 24 * 2**20
        assert open_files() <= files + 3
    assert kinds <= FAIR
    assert all(words)
    assert results > ANSWERS // 10
    assert {ErrorKind.ANSWER, ErrorKind.UNKNOWN_RESULT, ErrorKind.BILLING} <= kinds
