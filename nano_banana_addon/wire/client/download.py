# SPDX-License-Identifier: GPL-3.0-or-later
"""An image behind a link that a service named. Nothing but the link goes there, and only to where it may lead.

Links are signed and expire: what stands after a question mark is a secret. Fetching again costs nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from urllib.parse import urljoin, urlsplit

from ...core.errors import ErrorKind, NanoBananaError
from ..contract.json_stream import JsonError
from ..contract.spool import FileSink, ReceivedImage
from ..contract.steps import ContractJob
from ..http.call import SHORT_READ_TIMEOUT, Call, HttpResponse, send_request
from ..providers import Endpoint, get_origin, is_loopback, is_private
from ..redact import Redactor

_MAX_REDIRECTS = 3
_REDIRECTS = (301, 302, 303, 307, 308)
_HEADERS = {"Accept": "image/*", "Accept-Encoding": "identity", "Connection": "close"}


def download(
    url: str, headers: Mapping[str, str], job: ContractJob, call: Call, report: Callable[[float], None]
) -> ReceivedImage:
    """The image at an address, bytes unchanged. `headers` go only to the service itself, never to a redirect.

    Raises `NanoBananaError`: NETWORK and SERVER where it may be tried again, ANSWER where it may not.
    """
    for _hop in range(_MAX_REDIRECTS + 1):
        is_own = get_origin(url) == get_origin(job.endpoint.base_url)
        _check_target(url, job.endpoint)
        query = urlsplit(url).query
        hidden = replace(call, redactor=Redactor(query, url), read_timeout=SHORT_READ_TIMEOUT, request_id="")
        hidden = replace(hidden, public_only=not is_own and not job.endpoint.is_local)
        with send_request("GET", url, {**_HEADERS, **(headers if is_own else {})}, hidden) as response:
            if response.status not in _REDIRECTS:
                return _receive(response, job, report)
            url, headers = urljoin(url, response.headers.get("location", "")), {}
    raise NanoBananaError(ErrorKind.ANSWER, "The link to the image redirects without end.")


def _check_target(url: str, endpoint: Endpoint) -> None:
    origin = get_origin(url)
    host = origin[1] if origin else ""
    if origin is not None and origin[:2] == (get_origin(endpoint.base_url) or ())[:2]:
        return  # the service itself
    if endpoint.is_local and is_loopback(host):
        return
    if origin is None or origin[0] != "https" or is_loopback(host) or is_private(host):
        raise NanoBananaError(
            ErrorKind.ANSWER,
            "The service named an address for the image that is not safe to open.",
            next_step="Check the provider's address. The image was generated and may have been billed.",
        )


def _receive(response: HttpResponse, job: ContractJob, report: Callable[[float], None]) -> ReceivedImage:
    if response.status != 200:
        gone = 400 <= response.status < 500 and response.status not in (408, 429)
        message = "The link to the image does not work any more." if gone else ""
        kind = ErrorKind.ANSWER if gone else ErrorKind.SERVER
        raise NanoBananaError(kind, message, detail=f"HTTP {response.status}")
    sink = job.context.spool.open_file()
    length = response.length
    try:
        for chunk in response.iter_bytes():
            sink.write(chunk)
            report(response.received / length if length else 0.0)
        return sink.finish()
    except JsonError as error:
        raise _drop(sink, job, NanoBananaError(ErrorKind.ANSWER, f"The image cannot be used: {error}.")) from None
    except BaseException:
        job.context.spool.drop(sink.path)
        raise


def _drop(sink: FileSink, job: ContractJob, error: NanoBananaError) -> NanoBananaError:
    sink.close()
    job.context.spool.drop(sink.path)
    return error
