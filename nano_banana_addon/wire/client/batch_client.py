# SPDX-License-Identifier: GPL-3.0-or-later
"""The calls of a batch: submit, find, ask, cancel, fetch its result as a file. None but `submit` orders anything."""

from __future__ import annotations

import json
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO, cast
from urllib.parse import urlencode

from ...core.errors import ErrorKind, NanoBananaError
from ...core.files import convert_write_errors, write_whole
from .. import errors
from ..gemini import batches
from ..gemini.batches import BatchStatus
from ..http.body import Body
from ..http.call import Call, HttpResponse, RequestStream, send_request
from ..http.cancel import CancelToken
from ..keys import clean_key
from ..providers import Endpoint
from ..redact import Redactor

_ANSWER_LIMIT = 16 * 2**20
_PAGES, _PAGE_SIZE = 20, 100


class BatchClient:
    """The batches of one account at one endpoint. All methods raise `NanoBananaError`."""

    def __init__(self, endpoint: Endpoint, key: str, cancel: CancelToken) -> None:
        """`cancel` ends what may be broken off; an order is not."""
        self._endpoint = endpoint
        self._key = clean_key(endpoint, key)
        self.call = Call(cancel, Redactor(self._key))

    def submit(self, model: str, label: str, file: str) -> BatchStatus:
        """Let the service take an uploaded file of requests. UNKNOWN_RESULT: look for the label by `find`."""
        url = self._endpoint.build_model_url(model, "batchGenerateContent")
        call = replace(self.call, cancel=CancelToken())
        return batches.read_status(self._exchange("POST", url, call, batches.build_order(label, file)))

    def ask(self, name: str) -> BatchStatus:
        """How far a batch is."""
        return batches.read_status(self._exchange("GET", self._endpoint.build_url(name), self.call))

    def find(self, label: str) -> BatchStatus | None:
        """The batch with a label, None where the service has none."""
        token = ""
        for _page in range(_PAGES):
            query = urlencode({"pageSize": str(_PAGE_SIZE)} | ({"pageToken": token} if token else {}))
            page = self._exchange("GET", f"{self._endpoint.build_url('batches')}?{query}", self.call)
            entries: object = page.get("operations") or page.get("batches")
            for entry in cast("list[object]", entries) if isinstance(entries, list) else []:
                status = batches.read_status(entry)
                if status.label == label:
                    return status
            token = str(page.get("nextPageToken") or "")
            if not token:
                return None
        raise NanoBananaError(ErrorKind.ANSWER, "The service lists too many batches.")

    def cancel(self, name: str) -> None:
        """Ask the service to stop a batch; one that has ended stays as it is."""
        self._exchange("POST", f"{self._endpoint.build_url(name)}:cancel", self.call, {})

    def download(self, file: str, target: Path) -> None:
        """Write the file of a batch's results, whole or not at all."""
        url = f"{self._endpoint.build_url(file)}:download?alt=media"

        def write(file: BinaryIO) -> None:
            with self._send("GET", url) as response:
                for chunk in response.iter_bytes():
                    with convert_write_errors(target):
                        file.write(chunk)

        with convert_write_errors(target):
            write_whole(target, write, durable=True)

    def _exchange(self, method: str, url: str, call: Call, tree: Mapping[str, Any] | None = None) -> Mapping[str, Any]:
        body = None if tree is None else Body((json.dumps(tree).encode(),))
        with self._send(method, url, call, body) as response:
            text = response.read_body(_ANSWER_LIMIT)
        try:
            plain: object = call.redactor.redact_tree(json.loads(text))
        except (ValueError, RecursionError):
            plain = None
        if not isinstance(plain, dict):
            raise NanoBananaError(ErrorKind.UNKNOWN_RESULT if tree else ErrorKind.ANSWER)
        return cast("dict[str, Any]", plain)

    @contextmanager
    def _send(
        self, method: str, url: str, call: Call | None = None, body: Body | None = None
    ) -> Generator[HttpResponse, None, None]:
        call = call or self.call
        headers, stream = {**self._endpoint.build_headers(self._key), "Connection": "close"}, None
        if body is not None:
            headers["Content-Type"] = "application/json"
            stream = RequestStream(body, body.length, call.cancel)
        with send_request(method, url, headers, call, stream) as response:
            if response.status != 200:
                text = response.read_body(_ANSWER_LIMIT)
                raise errors.build_error(response.status, response.headers, text, call.redactor)
            yield response
