# SPDX-License-Identifier: GPL-3.0-or-later
"""The simulator as tests use it: any dialect, with cases that change its answers."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Any

from nano_banana_addon.simulator import server
from nano_banana_addon.simulator.extension import Extension, Route
from nano_banana_addon.simulator.generate import GENERATE
from nano_banana_addon.simulator.painting.job import Painter, PaintJob

from . import batch_routes, streams
from .batches import BatchStore
from .cases import answers, errors, refusals, transport
from .comfyui.comfyui import ComfyService, OldComfyService
from .count_route import COUNT_ROUTE
from .google import GoogleDialect
from .images.ark import ArkService
from .images.comet import CometService
from .images.openai import OpenAIService
from .openrouter.openrouter import OpenRouterService
from .polling.flux import FluxService
from .records import BillingEntry, ReceivedRequest, Recorder
from .script import CASES, CaseScript
from .sdapi.sdapi import SdapiService
from .sdapi.sdcpp import SdcppService
from .services import cases as service_cases
from .services.service import ImageService
from .vertex import VertexDialect

__all__ = ["CASE_MODULES", "DIALECTS", "Simulator"]

#: Importing these registers their cases.
CASE_MODULES = (answers, errors, refusals, transport, service_cases)
_GEMINI: tuple[type[GoogleDialect], ...] = (GoogleDialect, CometService, VertexDialect)
_CLOUD: tuple[type[ImageService], ...] = (ArkService, OpenAIService, OpenRouterService, FluxService)
_LOCAL: tuple[type[ImageService], ...] = (ComfyService, OldComfyService, SdapiService, SdcppService)
DIALECTS: dict[str, type[GoogleDialect] | type[ImageService]] = {
    found.name: found for found in (*_GEMINI, *_CLOUD, *_LOCAL)
}


def _hand_out(data: bytes, _job: PaintJob) -> bytes:
    return data


class Simulator(server.Simulator):
    """The shipped server with everything that the services were seen to do.

    ``painter`` and all not named here are as in the shipped server; ``canned`` are the bytes of a picture to answer
    with always. ``keys`` are the accepted keys; None accepts any, and none at all. ``dialect`` is a name of
    ``DIALECTS``. ``retired`` are ids of models that shall be gone.
    """

    def __init__(
        self,
        painter: Painter | None = None,
        *,
        keys: Iterable[str] | None = frozenset({"test-key"}),
        dialect: str = "google",
        canned: bytes | None = None,
        retired: Iterable[str] = (),
        **options: Any,
    ) -> None:
        if dialect not in DIALECTS:
            raise ValueError(f"unknown dialect {dialect!r}: {', '.join(DIALECTS)}")
        self._script, self._recorder = CaseScript(), Recorder()
        service = DIALECTS[dialect](None if keys is None else frozenset(keys), frozenset(retired))
        routes: tuple[Route, ...] = (COUNT_ROUTE, *streams.ROUTES, *batch_routes.build_routes(BatchStore()))
        extension = Extension(service, self._script, self._recorder, routes)
        if canned is not None:
            painter = partial(_hand_out, canned)
        super().__init__(painter, extension=extension, **options)

    @property
    def service(self) -> Any:
        """The dialect, for what a test changes or looks up there: models, links, tasks, folders, engine."""
        return self._state.dialect

    def script(self, case_name: str, times: int | None = None, *, on: str = GENERATE, **params: object) -> None:
        """Let the next *times* requests (None: all from now on) go as *case_name* says.

        Several cases join with ``+``. *on* names the route: generate, models, count, upload, files,
        batch, batches. Raises ``ValueError`` for an unknown case.
        """
        parameters = {name: str(value) for name, value in params.items()}
        self._script.add(case_name, times, on, parameters)

    def unscript(self) -> None:
        """Forget all scripted cases."""
        self._script.clear()

    def cases(self) -> dict[str, str]:
        """Every case with a line about it. A prompt selects them by ``[[sim:name key=value]]``."""
        return {name: found.description for name, found in sorted(CASES.items())}

    @property
    def requests(self) -> list[ReceivedRequest]:
        """Everything received so far, oldest first."""
        return list(self._recorder.requests)

    def posts(self, label: str = "") -> int:
        """How many generating POSTs came: all, those with the body digest *label*, or those whose
        prompt contains *label*."""
        return sum(
            ":" in entry.path
            and entry.path.lower().endswith("generatecontent")
            and (label == entry.digest or label in entry.prompt)
            for entry in self.requests
        )

    @property
    def billed(self) -> list[BillingEntry]:
        """What the service would have charged for, oldest first."""
        return list(self._recorder.billed)

    @property
    def busiest(self) -> int:
        """The largest number of requests that were under way at once."""
        return self._recorder.busiest

    def expire_files(self) -> None:
        """Let all uploaded files grow older than 48 hours."""
        self._state.files.expire()
