# SPDX-License-Identifier: GPL-3.0-or-later
"""The Files API: images that exceed one body are uploaded first, and kept for 48 hours.

Uploads are remembered by content, so that a style reference is sent once for a whole storyboard. A file that the
service no longer knows is a 403 as well as a 404; the caller then forgets it and tries again.
"""

from __future__ import annotations

import json
import time
from collections.abc import Generator, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Any, Protocol, cast

from ...core.errors import ErrorKind, InputError, NanoBananaError
from ...core.files import compute_sha256
from .. import errors
from ..contract.turn_record import Turn, TurnImage
from ..http.call import Call, HttpResponse, RequestStream, send_request
from ..http.cancel import CancelToken
from ..keys import clean_key
from ..providers import Endpoint, get_origin
from ..redact import Redactor

#: The service forgets files after 48 h; an hour less, so that none expires on the way.
LIFETIME = 47 * 3600.0
_PIECE = 256 * 1024
_ANSWER_LIMIT = 64 * 1024
_READY_POLLS = 60


@dataclass(frozen=True, slots=True)
class UploadedFile:
    """A file at the provider. Times are seconds since 1970."""

    name: str  # "files/abc-123"
    uri: str
    mime_type: str
    expires: float


class UploadCache(Protocol):
    """Existing uploads. The keys are opaque and hold no secret."""

    def get(self, key: str) -> UploadedFile | None:
        """The upload stored under a key."""
        ...

    def put(self, key: str, file: UploadedFile) -> None:
        """Store an upload, replacing an older one of the same key."""
        ...

    def forget(self, key: str) -> None:
        """Remove one; unknown keys are ignored."""
        ...

    def items(self) -> Iterable[tuple[str, UploadedFile]]:
        """All stored uploads."""
        ...


class MemoryCache:
    """An `UploadCache` that lasts as long as the process."""

    def __init__(self) -> None:
        self._files: dict[str, UploadedFile] = {}

    def get(self, key: str) -> UploadedFile | None:
        """The upload stored under a key."""
        return self._files.get(key)

    def put(self, key: str, file: UploadedFile) -> None:
        """Store an upload."""
        self._files[key] = file

    def forget(self, key: str) -> None:
        """Remove one."""
        self._files.pop(key, None)

    def items(self) -> Iterable[tuple[str, UploadedFile]]:
        """All stored uploads."""
        return tuple(self._files.items())


class FileUploader:
    """The files of one account at one endpoint. Fits `client.generate` as its uploader."""

    def __init__(self, endpoint: Endpoint, key: str, cache: UploadCache | None = None) -> None:
        """Raises `NanoBananaError` (KEY_MISSING, KEY_INVALID), `InputError` without a Files API."""
        if not endpoint.provider.files_api:
            raise InputError(
                f"{endpoint.provider.label} does not accept uploads.",
                next_step="Use fewer or smaller references.",
            )
        self._endpoint = endpoint
        self._key = clean_key(endpoint, key)
        self._cache: UploadCache = MemoryCache() if cache is None else cache
        # Files belong to a key's project: another key gets a 403 for them. A part of a hash tells keys apart and cannot
        # be turned back.
        account = sha256(b"uploads of " + self._key.encode()).hexdigest()[:16]
        self.account = f"{endpoint.base_url} {account}"

    def upload(self, turns: tuple[Turn, ...], call: Call | None = None) -> dict[str, str]:
        """The address of every image of the turns, by its path; existing uploads are reused.

        Raises `NanoBananaError`; a connection that breaks here is NETWORK: nothing was requested or billed.
        """
        call = replace(call or self._build_call(), read_timeout=60.0)
        pictures = {p.path: p for turn in turns for p in turn.pictures}
        return {path: self._upload_once(picture, call) for path, picture in pictures.items()}

    def forget(self, turns: tuple[Turn, ...]) -> None:
        """After FILE_GONE: forget the uploads of these turns, so that they are uploaded again."""
        for turn in turns:
            for picture in turn.pictures:
                self._cache.forget(self._build_cache_key(picture))

    def forget_all(self) -> None:
        """After FILE_GONE for an unknown file: forget all uploads at this endpoint."""
        for key, _file in self._iter_own_files():
            self._cache.forget(key)

    def delete_all(self, cancel: CancelToken | None = None) -> int:
        """Delete all remembered uploads of this key at this endpoint; returns how many existed.

        Files that no longer exist do not count and are no error. Raises `NanoBananaError`.
        """
        call = self._build_call(cancel)
        count = 0
        for key, file in tuple(self._iter_own_files()):
            count += self._delete(file.name, call)
            self._cache.forget(key)
        return count

    def _build_call(self, cancel: CancelToken | None = None) -> Call:
        return Call(cancel or CancelToken(), Redactor(self._key))

    def _iter_own_files(self) -> Iterator[tuple[str, UploadedFile]]:
        prefix = self.account + " "
        return ((key, file) for key, file in self._cache.items() if key.startswith(prefix))

    def _build_cache_key(self, picture: TurnImage) -> str:
        digest = picture.sha256 or compute_sha256(Path(picture.path))
        return f"{self.account} {digest} {picture.mime_type}"

    def _upload_once(self, picture: TurnImage, call: Call) -> str:
        key = self._build_cache_key(picture)
        cached_file = self._cache.get(key)
        if cached_file is not None and cached_file.expires > time.time():
            return cached_file.uri
        file = self._send(picture, call)
        self._cache.put(key, file)
        return file.uri

    def _send(self, picture: TurnImage, call: Call) -> UploadedFile:
        path, size = Path(picture.path), picture.byte_count
        return self.send(path.name, picture.mime_type, size, _iter_file(path, size), call)

    def send(self, label: str, mime_type: str, length: int, body: Iterable[bytes], call: Call) -> UploadedFile:
        """Upload what is not remembered: so many bytes, in pieces. Raises as `upload` does."""
        start = json.dumps({"file": {"displayName": label}}).encode()
        headers = {
            "X-Goog-Upload-Protocol": "resumable",
            "X-Goog-Upload-Command": "start",
            "X-Goog-Upload-Header-Content-Length": str(length),
            "X-Goog-Upload-Header-Content-Type": mime_type,
            "Content-Type": "application/json",
        }
        provider = self._endpoint.provider
        url = f"{self._endpoint.base_url}/upload/{provider.api_version}/files"
        with self._send_request(
            "POST", url, headers, call, RequestStream([start], len(start), call.cancel)
        ) as response:
            address = response.headers.get("x-goog-upload-url", "")
        self._check_upload_address(address)
        upload = {"X-Goog-Upload-Offset": "0", "X-Goog-Upload-Command": "upload, finalize"}
        request_stream = RequestStream(body, length, call.cancel)
        with self._send_request("POST", address, upload, call, request_stream) as response:
            file = _read_file_record(response, call)
        return self._wait_until_ready(file, label, mime_type, call)

    def _check_upload_address(self, address: str) -> None:
        # The key goes there too, so a server must not be able to send it elsewhere.
        if get_origin(address) != get_origin(self._endpoint.base_url):
            raise NanoBananaError(ErrorKind.ANSWER, "The service returned no usable address for the upload.")

    def _wait_until_ready(self, file: Mapping[str, Any], label: str, mime_type: str, call: Call) -> UploadedFile:
        for poll in range(_READY_POLLS):
            state = file.get("state", "ACTIVE")
            if state == "FAILED":
                raise NanoBananaError(
                    ErrorKind.REQUEST,
                    f"The service could not process the file {label}.",
                )
            if state != "PROCESSING":
                break
            if call.cancel.wait(min(0.1 * 1.5**poll, 2.0)):
                call.cancel.check()
            url = self._endpoint.build_url(str(file.get("name", "")))
            with self._send_request("GET", url, {}, call) as response:
                file = _read_file_record(response, call)
        name, uri = file.get("name"), file.get("uri")
        if not isinstance(name, str) or not isinstance(uri, str):
            raise NanoBananaError(ErrorKind.ANSWER, "The service did not return the address of the upload.")
        return UploadedFile(name, uri, mime_type, time.time() + LIFETIME)

    def _delete(self, name: str, call: Call) -> bool:
        url = self._endpoint.build_url(name)
        try:
            with self._send_request("DELETE", url, {}, call):
                return True
        except NanoBananaError as error:
            if error.http_status in (403, 404):
                return False
            raise

    def _send_request(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        call: Call,
        request_stream: RequestStream | None = None,
    ) -> AbstractContextManager[HttpResponse]:
        return _send_checked_request(
            method, url, {**self._endpoint.build_headers(self._key), **headers}, call, request_stream
        )


@contextmanager
def _send_checked_request(
    method: str, url: str, headers: Mapping[str, str], call: Call, request_stream: RequestStream | None
) -> Generator[HttpResponse, None, None]:
    """An exchange that must end with 200. Nothing is generated here, so a broken one may be repeated."""
    try:
        with send_request(method, url, headers, call, request_stream) as response:
            if response.status != 200:
                body = response.read_body(_ANSWER_LIMIT)
                raise errors.build_error(response.status, response.headers, body, call.redactor)
            yield response
    except NanoBananaError as error:
        if error.kind is not ErrorKind.UNKNOWN_RESULT:
            raise
        raise NanoBananaError(
            ErrorKind.NETWORK,
            "The connection broke during an upload.",
            detail=error.detail,
        ) from None


def _read_file_record(response: HttpResponse, call: Call) -> Mapping[str, Any]:
    try:
        tree: object = json.loads(response.read_body(_ANSWER_LIMIT))
    except (ValueError, RecursionError):
        tree = None
    plain = cast("dict[str, Any]", tree) if isinstance(tree, dict) else {}
    file: object = plain.get("file", plain)
    clean_file: object = call.redactor.redact_tree(file)
    return cast("dict[str, Any]", clean_file) if isinstance(clean_file, dict) else {}


def _iter_file(path: Path, size: int) -> Iterator[bytes]:
    sent = 0
    with path.open("rb", buffering=0) as file:
        while sent < size:
            data = file.read(min(_PIECE, size - sent))
            if not data:
                raise InputError(f"The file {path.name} changed while it was being sent.")
            sent += len(data)
            yield data
