# SPDX-License-Identifier: GPL-3.0-or-later
"""A painter behind the server that answers each view with the truth, known by the hash of its structure picture."""

from __future__ import annotations

import hashlib
import io
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import bpy
import numpy as np
import pytest
from PIL import Image

from devtools.simulator.server import Simulator
from nano_banana_addon.blender.host import file_session, preferences
from nano_banana_addon.core.request import GenerationRequest
from nano_banana_addon.core.texture import TextureSettings
from nano_banana_addon.features.generation import scene_settings
from nano_banana_addon.features.texture.plan import TexturePlan, prepare
from nano_banana_addon.features.texture.views import texture_settings
from nano_banana_addon.session import panel_state, session
from nano_banana_addon.storage.database.budget import Pacing
from tests.oracle import painter, scenes, truth

KEY = "AIzaSy-a-key-of-the-tests-000"
SIZE = (512, 512)  # the smallest that a model paints: 512 of Nano Banana 2
MODEL, IMAGE_SIZE = "gemini-3.1-flash-image", "512"


class TruthPainter:
    """Answers with what was promised for a structure picture; anything else is an error of the test."""

    def __init__(self) -> None:
        self.answers: dict[str, np.ndarray] = {}
        self.jobs: list[Any] = []
        self.draw_sheet: Callable[[Any], np.ndarray] | None = None  # a sheet of grey maps

    def __call__(self, job: Any) -> Image.Image:
        self.jobs.append(job)
        if self.draw_sheet is not None and "grey maps" in job.prompt:
            return Image.fromarray(self.draw_sheet(job))
        found = self.answers.get(known_by(job.images[-1]))
        if found is None:
            return Image.open(io.BytesIO(job.images[-1])).convert("RGB").resize((job.width, job.height))
        return Image.fromarray(found).resize((job.width, job.height))

    def promise(self, request: GenerationRequest, picture: np.ndarray) -> None:
        """Answer this request with a picture."""
        raw = np.load(request.references[-1].path)
        self.answers[hashlib.sha256(raw[..., :3].tobytes()).hexdigest()] = picture


def known_by(encoded: bytes) -> str:
    """The hash of a picture's pixels: captures go out as lossless PNG."""
    with Image.open(io.BytesIO(encoded)) as picture:
        return hashlib.sha256(np.asarray(picture.convert("RGB")).tobytes()).hexdigest()


@pytest.fixture
def truthful() -> TruthPainter:
    """The painter."""
    return TruthPainter()


@pytest.fixture
def server(truthful: TruthPainter) -> Iterator[Simulator]:
    """The strict server with that painter."""
    with Simulator(truthful, keys=frozenset({KEY}), mime="image/png") as running:
        yield running


@pytest.fixture(autouse=True)
def google(server: Simulator, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Google is reached at the server."""
    monkeypatch.setenv("GEMINI_API_KEY", KEY)
    chosen = preferences.get_preferences()
    chosen.provider, chosen.base_url, chosen.keep_pictures = "google", server.base_url, "STORE"
    session.current().store.set_pacing(Pacing(limit_usd=0.0))  # all tests together ask for more
    panel_state.clear_notice()
    yield
    here = session.current()
    for generation_id in list(here.under_way):
        here.link.cancel(generation_id)
    here.under_way.clear()
    here.to_deliver.clear()
    chosen.base_url = ""


@pytest.fixture
def sculpture(google: None) -> bpy.types.Object:
    """Suzanne with UVs and the true texture, selected; the choices are small ones."""
    (shape,) = scenes.suzanne(1)
    shape.select_set(True)
    scene = bpy.context.scene
    # A prompt of its own: what another test has painted would be used again.
    scene.nano_banana.prompt = f"a painted clay monkey {uuid.uuid4().hex[:8]}"
    scene.nano_banana.model = MODEL
    scene.nano_banana.image_size = IMAGE_SIZE
    scene.nano_banana.texturing.texture_size = 256
    scene.nano_banana.texturing.anchor = False  # all views at once: a wave less to wait for
    file_session.current_load_id()
    return shape


@pytest.fixture
def promised(truthful: TruthPainter, tmp_path: Path) -> Callable[..., TexturePlan]:
    """Prepare a texture. Its views come back as their guide shows them, which costs no render; as the truth if that
    is wanted, changed by a function if one is given."""

    def prepared(
        change: Callable[[np.ndarray, int], np.ndarray] | None = None,
        *,
        true: bool = False,
        **wanted: Any,
    ) -> TexturePlan:
        texture = texture_settings.texture_settings_of(bpy.context.scene).replace_choices(wanted)
        plan = prepare(bpy.context, scene_settings.settings_of(bpy.context.scene), texture)
        for request in plan.order.requests if change or true else ():
            promise_truth(truthful, request, tmp_path, change)
        return plan

    return prepared


def promise_truth(
    truthful: TruthPainter,
    request: GenerationRequest,
    folder: Path,
    change: Callable[[np.ndarray, int], np.ndarray] | None = None,
) -> None:
    """Render the truth for a request's one view."""
    (shown,) = request.texture.shown
    picture = painter.render(shown.view, shown.size, str(folder), samples=2)
    truthful.promise(request, change(picture, shown.index) if change else picture)


def true_map(shape: bpy.types.Object, size: int) -> np.ndarray:
    """What the object's map should hold: (size, size, 4) uint8; alpha 0 off the islands."""
    from nano_banana_addon.blender.bake.batches import surface_batch
    from nano_banana_addon.blender.bake.mesh import read_geometry
    from nano_banana_addon.blender.bake.project import draw_positions

    geometry = read_geometry(bpy.context.evaluated_depsgraph_get(), [shape])
    places = draw_positions(surface_batch(geometry.targets[0]), (size, size))
    inverse = np.array(shape.matrix_world.inverted())
    world = places[..., :3] + np.array(geometry.origin, np.float32)
    local = world @ inverse[:3, :3].T + inverse[:3, 3]
    shown = np.round(np.clip(truth.to_display(truth.colour_at(local)), 0, 1) * 255)
    return np.dstack([shown, places[..., 3] * 255]).astype(np.uint8)


def choose_texture_settings(**wanted: Any) -> TextureSettings:
    """The scene's choices with some made otherwise."""
    return texture_settings.texture_settings_of(bpy.context.scene).replace_choices(wanted)


def pixels_of(path: str) -> np.ndarray:
    """A saved texture's pixels, top row first."""
    with Image.open(path) as picture:
        return np.asarray(picture.convert("RGB"))
