# SPDX-License-Identifier: GPL-3.0-or-later
"""ComfyUI from a request to an image, over real sockets: the test server of both versions, and a real one if named."""

from __future__ import annotations

import json
import uuid
from dataclasses import replace
from pathlib import Path

import pytest

from devtools.simulator import solid
from devtools.simulator.server import Simulator
from nano_banana_addon.core.constants import ReferenceRole
from nano_banana_addon.core.errors import ErrorKind, NanoBananaError
from nano_banana_addon.core.guides import Guide
from nano_banana_addon.wire.client.client import CancelToken
from nano_banana_addon.wire.client.preview import build_preview
from nano_banana_addon.wire.comfyui.default_graphs import find_files, list_loaders
from nano_banana_addon.wire.providers import resolve_endpoint
from tests.api.wire.servers import answering

from .conftest import (
    MODELS,
    Server,
    find,
    invert,
    is_inverted,
    node,
    own,
    read_graph,
    save,
    shown,
    slow,
    start,
    wait_for,
)


def test_an_own_workflow_paints_the_capture(server, picture, tmp_path):
    """Upload, queue, follow, fetch: the answer is the capture, inverted, and costs nothing."""
    capture = picture()
    answer = server.generate(own(invert(tmp_path), capture))
    assert is_inverted(answer, capture)
    assert answer.billed_usd == 0.0
    assert [uuid.UUID(ticket.partition(" ")[0]).version for ticket in server.tickets] == [4]


def test_a_result_is_fetched_by_its_ticket_after_a_crash(server, picture, tmp_path):
    """Nothing is queued again."""
    request = own(invert(tmp_path), picture())
    first = server.generate(request)
    again = server.generate(request, ticket=server.tickets[-1])
    assert again.pictures[-1].sha256 == first.pictures[-1].sha256
    assert len(server.tickets) == 1


def test_an_order_that_never_arrived_may_be_sent_again(server, picture, tmp_path):
    """The ticket was kept, the server knows nothing of it: neither in the queue nor in the history."""
    error = server.fail(own(invert(tmp_path), picture()), ticket=f"{uuid.uuid4()} c")
    assert (error.kind, error.http_status) == (ErrorKind.NETWORK, 404)
    assert "never arrived" in error.message


def test_the_same_request_again_gives_the_same_image(server, picture, tmp_path):
    """The server paints nothing then, and repeats the old file's name."""
    request = own(invert(tmp_path), picture())
    assert server.generate(request).pictures[-1].sha256 == server.generate(request).pictures[-1].sha256


@pytest.mark.parametrize("waits", [False, True], ids=["running", "waiting"])
def test_cancel_stops_it_at_the_server(server, tmp_path, waits):
    """A running one is interrupted, a waiting one deleted, and another's job is left alone."""
    side = 64 if server.simulator else 2400
    first, other = CancelToken(), ""
    if waits:
        start(server, own(slow(tmp_path, side)), first)
        wait_for(lambda: len(server.list_queue()) == 1)
        other = server.list_queue()[0]
    token = CancelToken()
    mine = start(server, own(slow(tmp_path, side)), token)
    wait_for(lambda: len(server.list_queue()) == 1 + waits)
    ident = server.tickets[-1].partition(" ")[0]
    token.cancel()
    mine.join(30)
    assert not mine.is_alive()
    if waits:
        assert other in server.list_queue()
        assert ident not in server.list_queue()
    first.cancel()
    wait_for(lambda: not server.list_queue())
    assert server.http.get(f"/history/{ident}").json().get(ident, {}).get("outputs", {}) == {}


def test_missing_classes_and_files_are_all_named_before_anything_is_sent(server, picture, tmp_path):
    workflow = invert(
        tmp_path,
        b=node("MagicPainter", "My Magic", image=["a", 0], model=["d", 0]),
        d=node("CheckpointLoaderSimple", "Load It", ckpt_name="dream_v9.safetensors"),
        e=node("LoadImage", "Mood", image="mood_board_1234.png"),
        f=node("LoadImage", "NB Capture", image="x.png"),
        a=node("LoadImage", "NB Depth", image="y.png"),
    )
    depth = picture(ReferenceRole.GUIDE, Guide.DEPTH)
    error = server.fail(own(workflow, depth, picture()))
    assert error.kind is ErrorKind.MODEL
    for name in ("MagicPainter", "My Magic", "dream_v9.safetensors", "Load It", "mood_board_1234.png"):
        assert name in error.message
    assert server.tickets == []


def test_the_server_s_refusal_is_told_in_words(server, picture, tmp_path):
    """A value out of bounds is found by the server alone; its paths and lists are not shown."""
    workflow = invert(tmp_path, b=node("ImageBlur", "Soft", image=["a", 0], blur_radius=900, sigma=1.0))
    error = server.fail(own(workflow, picture()))
    assert error.kind is ErrorKind.REQUEST
    assert "Soft" in error.detail
    assert "blur_radius" in error.detail


def test_a_file_that_is_no_image_is_told(server, picture, tmp_path):
    broken = picture()
    Path(broken.path).write_bytes(b"no image at all, " + uuid.uuid4().bytes)
    error = server.fail(own(invert(tmp_path), replace(broken, sha256=uuid.uuid4().hex)))
    assert error.kind in (ErrorKind.INPUT, ErrorKind.REQUEST)
    assert "ComfyUI" in error.message or "LoadImage" in error.message


def test_what_the_result_needs_not_is_left_alone(server, picture, tmp_path):
    """Of several outputs the marked one is the result."""
    workflow = invert(tmp_path, c=node("SaveImage", images=["a", 0], filename_prefix="nb/other"))
    nodes = json.loads(Path(workflow).read_text())
    nodes["r"] = node("PreviewImage", "NB Result", images=["b", 0])
    capture = picture()
    answer = server.generate(own(save(tmp_path, **nodes), capture))
    assert is_inverted(answer, capture)


def test_the_workflow_makes_the_size(server, picture, tmp_path):
    """Width and height are the request's where they are marked; an image of another size is no fault."""
    scale = node("ImageScale", "NB Size", image=["a", 0], upscale_method="bilinear", width=8, height=8, crop="disabled")
    answer = server.generate(own(invert(tmp_path, b=scale), picture(), aspect_ratio="1:1", image_size="512"))
    assert (answer.pictures[-1].width, answer.pictures[-1].height) == (512, 512)
    assert answer.warnings == ()


def test_a_saved_image_is_a_workflow(server, picture, tmp_path):
    """An image that ComfyUI saved carries its graph, which runs again with another capture."""
    answer = server.generate(own(invert(tmp_path), picture()))
    saved = tmp_path / "saved.png"
    saved.write_bytes(Path(answer.pictures[-1].path).read_bytes())
    capture = picture(size=(48, 80))
    again = server.generate(own(str(saved), capture))
    assert (again.pictures[-1].width, again.pictures[-1].height) == (48, 80)


@pytest.mark.parametrize("model", MODELS)
def test_default_graphs_run_on_what_the_server_has(fake, picture, model):
    """With capture, depth guide and mask: each model's own graph, with the files that are there."""
    images = (picture(ReferenceRole.GUIDE, Guide.DEPTH), picture(ReferenceRole.GUIDE, Guide.MASK), picture())
    answer = fake.generate(shown(model, *images, seed=7, steps=4))
    graph = read_graph(fake)
    (sampler,) = find(graph, "KSampler")
    assert (sampler["seed"], sampler["steps"]) == (7, 4)
    assert len(find(graph, "SetLatentNoiseMask")) == len(find(graph, "ImageCompositeMasked")) == 1
    assert len(find(graph, "ControlNetApplyAdvanced")) == ("sd" in model)
    (scale,) = find(graph, "ImageScale")
    assert (answer.pictures[-1].width, answer.pictures[-1].height) == (scale["width"], scale["height"])
    assert answer.warnings == ()


@pytest.mark.parametrize("model", MODELS)
def test_default_graphs_paint_from_words_alone(fake, model):
    answer = fake.generate(shown(model))
    assert answer.pictures[-1].width > 0
    (sampler,) = find(read_graph(fake), "KSampler")
    assert sampler["denoise"] == 1.0


def test_options_reach_the_sampler(fake, picture):
    fake.generate(shown("comfyui-sdxl", picture(), strength=0.35, negative_prompt="blurry", guidance=5.0))
    (sampler,) = find(read_graph(fake), "KSampler")
    assert (sampler["denoise"], sampler["cfg"]) == (0.35, 5.0)
    assert {inputs["text"] for inputs in find(read_graph(fake), "CLIPTextEncode")} == {"a winter night", "blurry"}


@pytest.mark.parametrize("model", MODELS)
def test_a_model_that_the_server_lacks_is_named_with_its_files(server, picture, model):
    if server.simulator:
        for folder in ("checkpoints", "diffusion_models"):
            server.simulator.service.models[folder] = []
    else:
        classes = {name: server.http.get(f"/object_info/{name}").json()[name] for name in list_loaders(model)}
        if not find_files(model, classes)[1]:
            pytest.skip("this server has it")
    error = server.fail(shown(model, picture()))
    assert error.kind is ErrorKind.MODEL
    assert "missing are" in error.message
    assert server.tickets == []


def test_a_guide_without_its_controlnet_is_refused(fake, picture):
    error = fake.fail(shown("comfyui-sd15", picture(ReferenceRole.GUIDE, Guide.NORMAL), picture()))
    assert error.kind is ErrorKind.MODEL
    assert "ControlNet" in error.message
    style = fake.fail(shown("comfyui-sd15", picture(ReferenceRole.STYLE), picture()))
    assert style.kind is ErrorKind.INPUT
    assert "style" in style.message


def test_variants_of_one_seed_differ(fake, picture):
    capture = picture()
    seeds = set()
    for variant in range(2):
        fake.generate(shown("comfyui-sd15", capture, seed=5, variant=variant))
        seeds.add(find(read_graph(fake), "KSampler")[0]["seed"])
    assert len(seeds) == 2


def test_no_server_and_another_server_are_told(tmp_path):
    with Server("http://127.0.0.1:9", tmp_path) as nobody:
        error = nobody.fail(shown("comfyui-sd15"))
    assert error.kind is ErrorKind.NETWORK
    assert "No ComfyUI answers at http://127.0.0.1:9" in error.message
    with Simulator(solid.paint, dialect="google", keys=None) as gemini, Server(gemini.base_url, tmp_path) as other:
        assert "is not ComfyUI" in other.fail(shown("comfyui-sd15")).message
    page = b"<html>Welcome to the printer</html>"
    head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nConnection: close\r\n\r\n" % len(page)
    with answering(head + page) as address, Server(address, tmp_path) as printer:
        assert "is not ComfyUI" in printer.fail(shown("comfyui-sd15")).message


def test_the_preview_asks_no_server(picture, tmp_path):
    """The whole graph is shown, with placeholders for the server's files."""
    endpoint = resolve_endpoint("comfyui", "http://127.0.0.1:9")
    for request in (own(invert(tmp_path), picture()), *(shown(model, picture()) for model in MODELS)):
        preview = build_preview(request, endpoint)
        assert preview.url == "http://127.0.0.1:9/prompt"
        assert "nano-banana/" in json.dumps(preview.body["prompt"])


def test_private_addresses_need_no_encryption(tmp_path):
    assert resolve_endpoint("comfyui", "http://192.168.1.20:8188").base_url == "http://192.168.1.20:8188"
    with pytest.raises(NanoBananaError):
        resolve_endpoint("comfyui", "http://8.8.8.8:8188")
