# SPDX-License-Identifier: GPL-3.0-or-later
"""One HTTP exchange.

Sent bytes are counted, received ones are kept as they came where that is wanted, and a broken connection is classified
by whether any of the body had been sent.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

from ...core.errors import ErrorKind, InputError, NanoBananaError
from ..redact import Redactor
from .cancel import CancelToken
from .decode import find_window, inflate, peek, unwrap
from .raw_copy import RawCopy

CONNECT_TIMEOUT = 10.0
#: Seconds without any progress while sending.
WRITE_TIMEOUT = 120.0
#: Seconds of waiting for anything, in calls that generate nothing.
SHORT_READ_TIMEOUT = 60.0


@dataclass(frozen=True, slots=True)
class Call:
    """The values shared by all exchanges of one call."""

    cancel: CancelToken
    redactor: Redactor
    read_timeout: float = SHORT_READ_TIMEOUT
    call_deadline: float | None = None
    request_id: str = ""  # of ours: a gateway, or the service's support, can tell by it what became of a request
    public_only: bool = False  # hosts in private networks are not asked


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
    """The answer's status and headers (names in lower case), and its body while it arrives, or from a copy."""

    def __init__(
        self, status: int, headers: Mapping[str, str], body: Iterable[bytes], call: Call, copy: RawCopy | None = None
    ) -> None:
        """`copy` takes the body as it comes."""
        self.status = status
        self.headers: Mapping[str, str] = {k.lower(): v for k, v in headers.items()}
        self.received = 0  # bytes, as they came over the line
        self._body = body
        self._call = call
        self._copy = copy or RawCopy(None, 0)
        self._coding = self.headers.get("content-encoding", "").strip().lower()
        self._raw = self._iter_raw()

    @property
    def length(self) -> int | None:
        """The number of bytes to be transferred, where the server says so."""
        text = self.headers.get("content-length", "")
        return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else None

    def iter_chunks(self) -> Iterator[bytes]:
        """The body as text: decompressed and unwrapped, without the key."""
        redactor = self._call.redactor
        head, raw = peek(self._raw, 2)
        window = find_window(head, redactor.redact_detail(self._coding))
        if window is not None:
            # A key inside of a compressed body cannot be removed from its copy.
            raw = redactor.redact_chunks(inflate(raw, window), self._copy.drop)
        yield from unwrap(raw)

    def iter_bytes(self) -> Iterator[bytes]:
        """The body as it came."""
        return self._raw

    def drain(self) -> None:
        """Receive the rest for the copy alone. Raises what `iter_chunks` raises for a connection that breaks."""
        for _chunk in self._raw:
            pass

    def drop_copy(self) -> None:
        """Remove the copy of the body."""
        self._copy.drop()

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
        for chunk in self._copy.record(self._call.redactor.redact_chunks(self._body)):
            self.received += len(chunk)
            self._call.cancel.check()
            if self._call.call_deadline is not None and time.monotonic() > self._call.call_deadline:
                raise TimeoutError("the whole answer took too long")
            yield chunk


@contextmanager
def send_request(
    method: str,
    url: str,
    headers: Mapping[str, str],
    call: Call,
    request_stream: RequestStream | None = None,
    copy: RawCopy | None = None,
) -> Generator[HttpResponse, None, None]:
    """Send a request and yield its response; `copy` takes the body of a success as it comes.

    Raises `NanoBananaError`: NETWORK when nothing of the body had been sent, UNKNOWN_RESULT afterwards, CANCELLED. A
    connection that breaks inside the block raises the same.
    """
    import httpx

    from .transport import CONNECTION_ERRORS, open_client

    timeout = httpx.Timeout(connect=CONNECT_TIMEOUT, write=WRITE_TIMEOUT, read=call.read_timeout, pool=CONNECT_TIMEOUT)
    all_headers = dict(headers)
    if call.request_id:
        all_headers["X-Request-Id"] = call.request_id
    if request_stream is not None:
        all_headers["Content-Length"] = str(request_stream.length)
    call.cancel.check()
    try:
        with open_client(url, call.cancel, call.call_deadline, public_only=call.public_only) as client:
            request = client.build_request(method, url, headers=all_headers, content=request_stream, timeout=timeout)
            response = client.send(request, stream=True)
            try:
                yield HttpResponse(response.status_code, response.headers, response.iter_raw(), call, copy)
            finally:
                response.close()
    except httpx.InvalidURL as error:
        raise InputError(
            "The address of the provider is not valid.", detail=call.redactor.redact_detail(str(error))
        ) from None
    except CONNECTION_ERRORS as error:
        call.cancel.check()
        raise _build_connection_error(error, url, call.redactor, request_stream) from None


def _build_connection_error(
    error: Exception, url: str, redactor: Redactor, request_stream: RequestStream | None
) -> NanoBananaError:
    detail = redactor.redact_detail(str(error)) or type(error).__name__
    if request_stream is not None and request_stream.started:
        return NanoBananaError(ErrorKind.UNKNOWN_RESULT, detail=detail)
    host = redactor.redact_text(urlsplit(url).hostname or "The service")
    if "CERTIFICATE_VERIFY_FAILED" in detail:
        message = f"The certificate of {host} is not trusted; nothing was sent."
        next_step = "Check the address; where a proxy signs for others, set SSL_CERT_FILE to its certificate."
        return NanoBananaError(ErrorKind.NETWORK, message, next_step=next_step, detail=detail)
    return NanoBananaError(ErrorKind.NETWORK, f"{host} could not be reached; nothing was sent.", detail=detail)
