# SPDX-License-Identifier: GPL-3.0-or-later
"""How an image looks so far is seen while it is sampled, and is left behind by none that ended without a result."""

from __future__ import annotations

from PIL import Image

from devtools.simulator import solid
from devtools.simulator.server import Simulator
from nano_banana_addon.core.constants import State
from nano_banana_addon.core.request import GenerationRequest
from nano_banana_addon.storage.store import Store
from nano_banana_addon.wire.providers import resolve_endpoint

from .conftest import until


def test_a_preview_is_the_thumbnail_until_the_result_comes(home, open_link):
    with Simulator(solid.paint, keys=None, dialect="comfyui", delay=1.5) as server:
        store, link = Store(home), open_link()
        request = GenerationRequest("a lake", provider="comfyui", model="comfyui-sd15", image_size="512", steps=20)
        ids = [store.add(request, estimate=0.0) for _number in range(2)]
        for id in ids:
            link.submit(id, key="", endpoint=resolve_endpoint("comfyui", server.base_url))
            shown = store.places.find_thumbnail(id)
            until(shown.is_file, "a preview is there")
            generation = store.get(id)
            assert generation.state is State.GENERATING
            assert not generation.thumbnail
            with Image.open(shown) as preview:
                preview.load()
            if id == ids[0]:
                link.cancel(id)
                (ended,) = link.wait([id], timeout=60)
                assert ended.state is State.CANCELLED
                assert not shown.exists(), "nothing is left of it"
        until(lambda: store.get(ids[1]).state is State.DONE, "the image is there")
        done = store.get(ids[1])
        with Image.open(done.picture.path) as result, Image.open(done.thumbnail) as thumbnail:
            assert thumbnail.width / thumbnail.height == (result.width / result.height)
        until(lambda: not list(store.places.receiving.iterdir()), "what it came through is gone")
        store.close()
