# SPDX-License-Identifier: GPL-3.0-or-later
"""What the jobs of one worker process share: prepared references, uploads, the bundled server of Offline."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from ..core import models
from ..core.constants import OFFLINE
from ..core.errors import InputError
from ..core.files import compute_sha256, copy_whole
from ..core.request import GenerationRequest, Reference
from ..core.text.prompts import find_mask
from ..imaging.formats import raw
from ..imaging.formats.masks import prepare_request
from ..storage.files.layout import Home, unusable
from ..storage.files.pictures import turn_of
from ..wire.gemini.conversation import get_echoed_id
from ..wire.gemini.files_api import FileUploader, UploadCache
from ..wire.providers import PROVIDERS, Endpoint, Provider, resolve_endpoint

if TYPE_CHECKING:
    from ..simulator.server import Simulator

_KEPT = 32
_TEXT_BYTES = 65536
_NO_LIMIT = 10**12

_Key = tuple[object, ...]


@dataclass(slots=True)
class Services:
    """Services shared by all threads."""

    home: Home
    uploads: UploadCache
    _preparing: threading.Lock = field(default_factory=threading.Lock)
    _starting: threading.Lock = field(default_factory=threading.Lock)
    _prepared: dict[_Key, tuple[Reference, ...]] = field(default_factory=dict[_Key, tuple[Reference, ...]])
    _simulator: Simulator | None = None

    def endpoint(self, provider: str, base_url: str) -> Endpoint:
        """The endpoint to send to; Offline's server is started when it is first needed. Raises `InputError`."""
        if provider == OFFLINE and not base_url:
            base_url = self._offline_server()
        return resolve_endpoint(provider, base_url)

    def files(self, target: Endpoint, key: str) -> FileUploader | None:
        """The Files API of an endpoint, if it has one."""
        return FileUploader(target, key, self.uploads) if target.provider.files_api else None

    def prepare(self, request: GenerationRequest) -> GenerationRequest:
        """The request with the files that are actually sent, all of them in the store.

        Serialised: variants of one order reuse what the first of them prepared. Raises `InputError`, TOO_LARGE, DISK.
        """
        with self._preparing:
            request = self._with_kept_files(request)
            if not request.references:
                return request
            provider = PROVIDERS.get(request.provider, PROVIDERS["google"])
            key = _key_of(request, provider)
            if key not in self._prepared:
                self._prepared[key] = prepare_request(
                    request,
                    self.home.references,
                    text_bytes=self._text_bytes(request),
                    body_limit=_NO_LIMIT if provider.files_api else provider.body_limit,
                ).references
                while len(self._prepared) > _KEPT:
                    del self._prepared[next(iter(self._prepared))]
            shared = self._prepared[key]
            labelled = zip(shared, request.references, strict=True)
            return replace(request, references=tuple(_relabel(s, r) for s, r in labelled))

    def stop(self) -> None:
        """Stop the bundled server."""
        if self._simulator:
            self._simulator.stop()

    def _text_bytes(self, request: GenerationRequest) -> int:
        """What the prompt and an echoed turn take in the body."""
        wanted = get_echoed_id(request)
        turn = turn_of(self.home, wanted) if wanted else None
        text = len(request.prompt.encode("utf-8", "replace")) + len(request.system_instruction) * 4
        return _TEXT_BYTES + text + (turn.stat().st_size if turn else 0)

    def _with_kept_files(self, request: GenerationRequest) -> GenerationRequest:
        """A capture's mask and an edit's image are needed when the answer comes, when their folder was cleared."""
        capture, region = request.capture, request.region
        if capture and capture.mask:
            capture = replace(capture, mask=keep_file(self.home, capture.mask, "mask of the capture"))
        if region:
            image, mask = (keep_file(self.home, path, "image to edit") for path in (region.image, region.mask))
            region = replace(region, image=image, mask=mask)
        return replace(request, capture=capture, region=region)

    def _offline_server(self) -> str:
        with self._starting:
            if not self._simulator:
                from ..simulator.server import Simulator

                simulator = Simulator()
                simulator.start()
                self._simulator = simulator
            return self._simulator.base_url


def _relabel(shared: Reference, given: Reference) -> Reference:
    """A shared reference under the name that it has here, and with what was done to it before."""
    return replace(shared, label=given.label, prepared=shared.prepared or given.prepared)


def _key_of(request: GenerationRequest, provider: Provider) -> _Key:
    """Equal for references that would be prepared alike: same files, untouched since."""
    mask = find_mask(request)
    form = (models.find(request.model).mask, mask.path) if mask else ()
    return (provider.id, *form, *(_stamp(r) for r in request.references))


def _stamp(reference: Reference) -> tuple[object, ...]:
    try:
        found = Path(reference.path).stat()
    except OSError:
        return (reference.path, reference.role, object())  # preparing it will say what is wrong
    return (reference.path, reference.role, found.st_mtime_ns, found.st_size)


def keep_file(home: Home, path: str, name: str) -> str:
    """The path of a file's copy among the references of a store, named by its content; `name` is for messages.

    Raises `InputError`, DISK.
    """
    source = Path(path)
    if source.is_relative_to(home.references):
        return path
    try:
        if source.suffix == raw.SUFFIX:
            source = raw.convert_to_png(source)
        target = home.references / f"{compute_sha256(source)}{source.suffix}"
        if not target.exists():
            copy_whole(source, target, private=True)
    except FileNotFoundError as error:
        raise InputError(f"The {name} is gone; try again.") from error
    except OSError as error:
        raise unusable(home.references, error) from error
    return str(target)
