# SPDX-License-Identifier: GPL-3.0-or-later
"""One HTTP exchange.

Sent bytes are counted, received data is decompressed in bounded steps, and a broken connection is classified by whether
any of the body had been sent.
"""

from __future__ import annotations

import time
import zlib
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ...core.errors import ErrorKind, NanoBananaError
from ..redact import Redactor
from .cancel import CancelToken

if TYPE_CHECKING:
    import httpx

CONNECT_TIMEOUT = 10.0
#: Seconds without any progress while sending.
WRITE_TIMEOUT = 120.0
#: Seconds of waiting for anything, in calls that generate nothing.
SHORT_READ_TIMEOUT = 60.0
_INFLATE_STEP = 256 * 1024


@dataclass(frozen=True, slots=True)
class Call:
    """The values shared by all exchanges of one call."""

    cancel: CancelToken
    redactor: Redactor
    read_timeout: float = SHORT_READ_TIMEOUT
    call_deadline: float | None = None


class RequestStream:
    """A body being sent: how much of it has been passed to the network."""

    def __init__(
        self,
        body: Iterable[bytes],
        length: int,
        cancel: CancelToken,
        on_sent: Callable[[int, int], None] = lambda _sent, _length: None,
    ) -> None:
        self.length = length
        self.started = False
        self.complete = False
        self._body = body
        self._cancel = cancel
        self._on_sent = on_sent

    def __iter__(self) -> Iterator[bytes]:
        sent = 0
        for piece in self._body:
            self._cancel.check()
            # From here on the server may have it: whether it does cannot be known.
            self.started = self.started or bool(piece)
            yield piece
            sent += len(piece)
            self._on_sent(sent, self.length)
        self.complete = True


class HttpResponse:
    """The answer's status and headers (names in lower case), and its body while it arrives."""

    def __init__(self, response: httpx.Response, call: Call) -> None:
        self.status = response.status_code
        self.headers: Mapping[str, str] = {k.lower(): v for k, v in response.headers.items()}
        self._response = response
        self._call = call
        self._coding = self.headers.get("content-encoding", "").strip().lower()
        self.received = 0  # bytes, as they came over the line

    @property
    def length(self) -> int | None:
        """The number of bytes to be transferred, where the server says so."""
        text = self.headers.get("content-length", "")
        return int(text) if text.isdigit() and len(text) < 16 else None

    def iter_chunks(self) -> Iterator[bytes]:
        """The body, decompressed."""
        raw = self._iter_raw()
        if self._coding in ("", "identity"):
            return raw
        if self._coding not in ("gzip", "x-gzip", "deflate"):
            raise NanoBananaError(
                ErrorKind.ANSWER,
                "The answer is compressed in a way that was not asked for.",
                detail=self._call.redactor.redact_detail(self._coding),
            )
        return _inflate(raw)

    def read_body(self, limit: int) -> bytes:
        """The beginning of the body, including what arrives before a connection breaks."""
        from .transport import CONNECTION_ERRORS

        body = bytearray()
        try:
            for chunk in self.iter_chunks():
                body += chunk
                if len(body) >= limit:
                    break
        except (*CONNECTION_ERRORS, NanoBananaError):
            self._call.cancel.check()
        return bytes(body[:limit])

    def _iter_raw(self) -> Iterator[bytes]:
        for chunk in self._response.iter_raw():
            self.received += len(chunk)
            self._call.cancel.check()
            if self._call.call_deadline is not None and time.monotonic() > self._call.call_deadline:
                raise TimeoutError("the whole answer took too long")
            yield chunk


@contextmanager
def send_request(
    method: str, url: str, headers: Mapping[str, str], call: Call, request_stream: RequestStream | None = None
) -> Generator[HttpResponse, None, None]:
    """Send a request and yield its response.

    Raises `NanoBananaError`: NETWORK when nothing of the body had been sent, UNKNOWN_RESULT afterwards, CANCELLED. A
    connection that breaks inside the block raises the same.
    """
    import httpx

    from .transport import CONNECTION_ERRORS, open_client

    timeout = httpx.Timeout(connect=CONNECT_TIMEOUT, write=WRITE_TIMEOUT, read=call.read_timeout, pool=CONNECT_TIMEOUT)
    all_headers = dict(headers)
    if request_stream is not None:
        all_headers["Content-Length"] = str(request_stream.length)
    call.cancel.check()
    try:
        with open_client(url, call.cancel, call.call_deadline) as client:
            request = client.build_request(method, url, headers=all_headers, content=request_stream, timeout=timeout)
            response = client.send(request, stream=True)
            try:
                yield HttpResponse(response, call)
            finally:
                response.close()
    except CONNECTION_ERRORS as error:
        call.cancel.check()
        raise _build_connection_error(error, url, call.redactor, request_stream) from None


def _build_connection_error(
    error: Exception, url: str, redactor: Redactor, request_stream: RequestStream | None
) -> NanoBananaError:
    detail = redactor.redact_detail(str(error)) or type(error).__name__
    if request_stream is not None and request_stream.started:
        return NanoBananaError(ErrorKind.UNKNOWN_RESULT, detail=detail)
    host = urlsplit(url).hostname or "The service"
    return NanoBananaError(
        ErrorKind.NETWORK,
        f"{redactor.redact_text(host)} could not be reached; nothing was sent.",
        detail=detail,
    )


def _inflate(raw: Iterator[bytes]) -> Iterator[bytes]:
    """Decompress gzip and deflate in bounded steps, against decompression bombs."""
    inflater = zlib.decompressobj(zlib.MAX_WBITS | 32)
    for chunk in raw:
        while chunk:
            try:
                data = inflater.decompress(chunk, _INFLATE_STEP)
            except zlib.error as error:
                raise NanoBananaError(
                    ErrorKind.ANSWER, "The answer's compression is broken.", detail=str(error)
                ) from None
            if data:
                yield data
            chunk = inflater.unconsumed_tail
            if inflater.eof:
                return
    if not inflater.eof:
        raise ConnectionError("the compressed answer ends in the middle")
