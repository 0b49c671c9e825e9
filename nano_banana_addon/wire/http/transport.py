# SPDX-License-Identifier: GPL-3.0-or-later
"""HTTP for this API: HTTP/1.1, one connection per call, no redirects, the system's proxies.

The calls are silent for minutes while the model generates. Pooled connections die unnoticed in that time, and HTTP/2 is
cut off by some servers after 30 s of silence. Importing this module imports httpx.
"""

from __future__ import annotations

import logging
import os
import ssl
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any, cast
from urllib.parse import unquote, urlsplit
from urllib.request import getproxies, proxy_bypass

import httpcore
import httpx

from ...core.errors import ErrorKind, NanoBananaError
from ...identity import VERSION
from ..providers import is_loopback
from .cancel import CancelToken
from .sockets import CancellableBackend, list_keep_alive_options

#: Everything by which a connection can fail, of both libraries.
CONNECTION_ERRORS = (
    httpx.TransportError,
    httpcore.NetworkError,
    httpcore.TimeoutException,
    httpcore.ProtocolError,
    httpcore.ProxyError,
    httpcore.UnsupportedProtocol,
    httpcore.ConnectionNotAvailable,
    OSError,
)
USER_AGENT = f"nano-banana-blender/{VERSION}"


@contextmanager
def open_client(
    url: str, cancel: CancelToken, call_deadline: float | None = None, *, public_only: bool = False
) -> Generator[httpx.Client, None, None]:
    """A client for one call to the host of `url`; leaving the block closes its connection.

    `call_deadline`: the moment of `time.monotonic` after which waiting ends with a timeout; `public_only` as in
    `CancellableBackend`, where no proxy is between.
    """
    _quiet_loggers()
    transport = _Transport(url, cancel, call_deadline, public_only=public_only)
    headers = {"User-Agent": USER_AGENT, "Accept": "application/json", "Accept-Encoding": "gzip"}
    with httpx.Client(transport=transport, headers=headers, follow_redirects=False, trust_env=False) as client:
        yield client


def find_proxy(url: str) -> str:
    """The address of the system's proxy for a URL; "" for none, and for this computer."""
    host = urlsplit(url).hostname or ""
    if is_loopback(host) or proxy_bypass(host):
        return ""
    proxies = getproxies()
    return proxies.get(urlsplit(url).scheme, "") or proxies.get("all", "")


class _Transport(httpx.BaseTransport):
    def __init__(self, url: str, cancel: CancelToken, call_deadline: float | None, *, public_only: bool) -> None:
        secure = url.startswith("https:")
        proxy = find_proxy(url)
        backend = CancellableBackend(cancel, call_deadline, public_only=public_only and not proxy)
        self._pool: httpcore.ConnectionPool
        context = _load_tls_context() if secure or proxy.startswith("https:") else None
        if proxy:
            self._pool = _build_proxy_pool(proxy, context, backend)
        else:
            self._pool = httpcore.ConnectionPool(
                ssl_context=context,
                max_connections=1,
                max_keepalive_connections=0,
                network_backend=backend,
                socket_options=list_keep_alive_options(),
            )

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        url = request.url
        response = self._pool.handle_request(
            httpcore.Request(
                method=request.method,
                url=httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
                headers=request.headers.raw,
                content=request.stream,
                extensions=request.extensions,
            )
        )
        return httpx.Response(
            status_code=response.status,
            headers=response.headers,
            stream=_Stream(response),
            extensions=cast("dict[str, Any]", response.extensions),
        )

    def close(self) -> None:
        self._pool.close()


class _Stream(httpx.SyncByteStream):
    def __init__(self, response: httpcore.Response) -> None:
        self._response = response

    def __iter__(self) -> Iterator[bytes]:
        return self._response.iter_stream()

    def close(self) -> None:
        self._response.close()


def _build_proxy_pool(
    address: str, context: ssl.SSLContext | None, backend: CancellableBackend
) -> httpcore.ConnectionPool:
    address = address if "://" in address else f"http://{address}"
    try:
        parts = urlsplit(address)
        proxy_url = httpcore.URL(scheme=parts.scheme, host=parts.hostname or "", port=parts.port, target="/")
    except (ValueError, TypeError):
        # The message of the exception may hold a password.
        raise NanoBananaError(
            ErrorKind.NETWORK,
            "The address of the system's proxy is not valid; nothing was sent.",
            next_step="Correct HTTPS_PROXY (http://host:port), or set none for this address (NO_PROXY).",
        ) from None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise NanoBananaError(
            ErrorKind.NETWORK,
            f"The type of the system's proxy is not supported ({parts.scheme}); nothing was sent.",
            next_step="Set an http proxy, or none for this address (NO_PROXY).",
        )
    user = (unquote(parts.username or "").encode(), unquote(parts.password or "").encode())
    return httpcore.HTTPProxy(
        proxy_url=proxy_url,
        proxy_auth=user if parts.username else None,
        ssl_context=context,
        proxy_ssl_context=context if parts.scheme == "https" else None,
        max_connections=1,
        max_keepalive_connections=0,
        network_backend=backend,
        socket_options=list_keep_alive_options(),
    )


@cache
def _load_tls_context() -> ssl.SSLContext:
    """Certificates of certifi, or of SSL_CERT_FILE and SSL_CERT_DIR. Loading them takes 20 to 40 ms.

    Raises `NanoBananaError` when they cannot be read.
    """
    try:
        return httpx.create_ssl_context(trust_env=True)
    except OSError as error:
        names = [name for name in ("SSL_CERT_FILE", "SSL_CERT_DIR") if os.environ.get(name)]
        raise NanoBananaError(
            ErrorKind.NETWORK,
            f"The certificates of {' and '.join(names) or 'certifi'} cannot be read; nothing was sent.",
            next_step="Let the variable name an existing file in PEM format, or unset it, and start Blender again.",
            detail=error.strerror or str(error),
        ) from None


def _quiet_loggers() -> None:
    """At level DEBUG these libraries log all headers of answers, and servers echo keys there."""
    for name in ("httpx", "httpcore"):
        logger = logging.getLogger(name)
        if logger.getEffectiveLevel() < logging.WARNING:
            logger.setLevel(logging.WARNING)
