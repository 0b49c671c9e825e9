"""What only the ComfyUI part can do without weights: samplers that paint what guides them, and faults on demand."""

from __future__ import annotations

import io
import json
import struct
import uuid

import pytest
import websockets.exceptions
from PIL import Image

from .conftest import connect, likeness, make_picture, opened, serve
from .test_comfyui import bad_graphs, build_graph, greeted_socket, listen, submit, upload, wait_for


@pytest.fixture
def server():
    with serve("comfyui", keys=None, painted=True) as simulator:
        yield simulator


@pytest.fixture
def comfy(server):
    with connect(server, {}, timeout=60) as client:
        yield client


def put(comfy, data: bytes, name: str) -> str:
    return upload(comfy, data, name).json()["name"]


def img2img(name: str, text="a cottage", denoise=0.5, steps=4) -> dict:
    sampler = {
        "seed": 7,
        "steps": steps,
        "cfg": 7.0,
        "sampler_name": "dpmpp_2m",
        "scheduler": "karras",
        "denoise": denoise,
    }
    links = {"model": ["ck", 0], "positive": ["p", 0], "negative": ["n", 0], "latent_image": ["e", 0]}
    return {
        "ck": {"class_type": "CheckpointLoaderSimple", "inputs": {"ckpt_name": "sd_xl_base_1.0.safetensors"}},
        "i": {"class_type": "LoadImage", "inputs": {"image": name}},
        "e": {"class_type": "VAEEncode", "inputs": {"pixels": ["i", 0], "vae": ["ck", 2]}},
        "p": {"class_type": "CLIPTextEncode", "inputs": {"text": text, "clip": ["ck", 1]}},
        "n": {"class_type": "CLIPTextEncode", "inputs": {"text": "blurry", "clip": ["ck", 1]}},
        "k": {"class_type": "KSampler", "inputs": {**sampler, **links}},
        "d": {"class_type": "VAEDecode", "inputs": {"samples": ["k", 0], "vae": ["ck", 2]}},
        "s": {"class_type": "SaveImage", "inputs": {"images": ["d", 0], "filename_prefix": "out"}},
    }


def guided(name: str, guide: str, strength=1.0) -> dict:
    graph = img2img(name, denoise=1.0)
    graph["g"] = {"class_type": "LoadImage", "inputs": {"image": guide}}
    graph["c"] = {
        "class_type": "ControlNetLoader",
        "inputs": {"control_net_name": "control_v11f1p_sd15_depth.safetensors"},
    }
    inputs = {"positive": ["p", 0], "negative": ["n", 0], "control_net": ["c", 0], "image": ["g", 0]}
    inputs |= {"strength": strength, "start_percent": 0.0, "end_percent": 1.0}
    graph["a"] = {"class_type": "ControlNetApplyAdvanced", "inputs": inputs}
    graph["k"]["inputs"] |= {"positive": ["a", 0], "negative": ["a", 1]}
    return graph


def run(comfy, graph) -> bytes:
    entry = wait_for(comfy, submit(comfy, graph).json()["prompt_id"])
    assert entry["status"]["completed"], entry["status"]
    return comfy.get("/view", params=entry["outputs"]["s"]["images"][0]).content


def test_denoise_is_how_far_the_picture_is_left(comfy):
    """0 gives it back, a half follows it, 1 without a guide forgets it."""
    data = make_picture((256, 192))
    name = put(comfy, data, "a.png")
    results = {denoise: run(comfy, img2img(name, denoise=denoise)) for denoise in (0.0, 0.5, 1.0)}
    assert likeness(results[0.0], data) > 0.999
    assert likeness(results[0.5], data) > 0.9
    assert opened(results[0.5]).getpixel((10, 10)) != opened(data).getpixel((10, 10))
    assert likeness(results[1.0], data) < 0.5


def test_a_guide_gives_the_shapes_unless_its_strength_is_nothing(comfy):
    start, guide = make_picture((256, 192)), make_picture((256, 192), corner="right")
    names = put(comfy, start, "a.png"), put(comfy, guide, "b.png")
    assert likeness(run(comfy, guided(*names)), guide) > 0.8
    assert likeness(run(comfy, guided(*names, strength=0.0)), guide) < 0.5


def test_outside_of_the_mask_everything_stays(comfy):
    data = make_picture((256, 192))
    mask = Image.new("L", (256, 192))
    mask.paste(255, (128, 0, 256, 192))
    stream = io.BytesIO()
    mask.save(stream, "PNG")
    graph = img2img(put(comfy, data, "a.png"), denoise=0.9)
    graph["m"] = {
        "class_type": "LoadImageMask",
        "inputs": {"image": put(comfy, stream.getvalue(), "m.png"), "channel": "red"},
    }
    graph["x"] = {"class_type": "SetLatentNoiseMask", "inputs": {"samples": ["e", 0], "mask": ["m", 0]}}
    graph["k"]["inputs"]["latent_image"] = ["x", 0]
    left = (0, 0, 120, 192)
    result, before = opened(run(comfy, graph)).convert("RGB"), opened(data)
    assert result.crop(left).tobytes() == before.crop(left).tobytes()
    assert result.crop((136, 0, 256, 192)).tobytes() != before.crop((136, 0, 256, 192)).tobytes()


def test_a_picture_is_cut_to_whole_cells(comfy):
    name = put(comfy, make_picture((130, 101)), "odd.png")
    assert opened(run(comfy, img2img(name))).size == (128, 96)


@pytest.mark.parametrize("with_metadata", [False, True])
def test_a_sampler_tells_its_steps_and_shows_previews_on_request(comfy, with_metadata):
    name, client, ident = put(comfy, make_picture(), "a.png"), uuid.uuid4().hex, str(uuid.uuid4())
    with greeted_socket(comfy, client) as socket:
        if with_metadata:
            socket.send(json.dumps({"type": "feature_flags", "data": {"supports_preview_metadata": True}}))
            while json.loads(socket.recv(timeout=20))["type"] != "feature_flags":
                pass
        submit(comfy, img2img(name), prompt_id=ident, client_id=client, extra_data={"preview_method": "latent2rgb"})
        heard = listen(socket, ident)
    steps = [message["data"] for message in heard if isinstance(message, dict) and message["type"] == "progress"]
    assert steps == [{"value": n, "max": 4, "prompt_id": ident, "node": "k"} for n in (1, 2, 3, 4)]
    frames = [message for message in heard if isinstance(message, bytes)]
    assert len(frames) == 4
    event, second = struct.unpack(">II", frames[0][:8])
    assert event == (4 if with_metadata else 1)
    assert opened(frames[0][8 + (second if with_metadata else 0) :]).format == "JPEG"
    if with_metadata:
        assert json.loads(frames[0][8 : 8 + second])["node_id"] == "k"


def test_a_sampler_stops_between_its_steps():
    with serve("comfyui", keys=None, delay=300.0) as slow, connect(slow, {}) as client:
        name = put(client, make_picture(), "a.png")
        with greeted_socket(client, "listener") as socket:
            ident = submit(client, img2img(name, steps=200), client_id="listener").json()["prompt_id"]
            while json.loads(socket.recv(timeout=30))["type"] != "progress":
                pass
        client.post("/interrupt", json={"prompt_id": ident})
        entry = wait_for(client, ident)
    kind, about = entry["status"]["messages"][-1]
    assert kind == "execution_interrupted"
    assert about["node_id"] == "k"


@pytest.mark.parametrize(("kind", "exception"), [("oom", "torch.OutOfMemoryError"), ("other", "RuntimeError")])
def test_a_sampler_fails_on_demand(comfy, kind, exception):
    name = put(comfy, make_picture(), "a.png")
    graph = img2img(name, text=f"a cottage [[sim:run_error kind={kind}]]")
    entry = wait_for(comfy, submit(comfy, graph).json()["prompt_id"])
    kind, about = entry["status"]["messages"][-1]
    assert kind == "execution_error"
    assert about["exception_type"] == exception
    assert about["node_id"] == "k"


def test_faults_of_socket_history_and_files(comfy):
    """A socket that breaks, one that keeps silent, messages in pieces, a late history, a lost file."""
    name = put(comfy, make_picture(), "a.png")

    def start(case: str, client: str) -> str:
        return submit(comfy, build_graph(name, filename_prefix=f"[[sim:{case}]] x"), client_id=client).json()[
            "prompt_id"
        ]

    with greeted_socket(comfy, "drops") as socket:
        start("drop_socket frames=2", "drops")
        with pytest.raises(websockets.exceptions.ConnectionClosed):
            listen(socket, "")
    with greeted_socket(comfy, "silent") as socket:
        ident = start("silent_socket", "silent")
        wait_for(comfy, ident)
        with pytest.raises(TimeoutError):
            listen(socket, ident, patience=0.5)
    with greeted_socket(comfy, "pieces") as socket:
        ident = start("split_frames", "pieces")
        assert listen(socket, ident)[-1]["type"] == "executing"
    with greeted_socket(comfy, "late") as socket:
        ident = start("late_history seconds=0.4", "late")
        listen(socket, ident)
        assert comfy.get(f"/history/{ident}").json() == {}
        assert wait_for(comfy, ident)["status"]["completed"]
    entry = wait_for(comfy, start("lose_file", ""))
    assert comfy.get("/view", params=entry["outputs"]["9"]["images"][0]).status_code == 404


def test_each_job_is_recorded_once_for_each_submission(server, comfy):
    """The same id is another job: whoever submits twice runs twice."""
    name, ident = put(comfy, make_picture(), "a.png"), str(uuid.uuid4())
    for _ in range(2):
        assert submit(comfy, build_graph(name), prompt_id=ident).json()["prompt_id"] == ident
    wait_for(comfy, ident)
    assert [entry.task for entry in server.billed] == [ident, ident]
    assert [entry.usd for entry in server.billed] == [0.0, 0.0]


def test_after_a_restart_nothing_is_known(server, comfy):
    name = put(comfy, make_picture(), "a.png")
    ident = submit(comfy, build_graph(name)).json()["prompt_id"]
    wait_for(comfy, ident)
    server.service.engine.forget()
    assert comfy.get(f"/history/{ident}").json() == {}
    assert comfy.get("/queue").json() == {"queue_running": [], "queue_pending": []}


def test_a_missing_custom_node_and_a_missing_model_have_names(server, comfy):
    server.service.missing.add("SaveImageWebsocket")
    server.service.models["checkpoints"].clear()
    assert comfy.get("/object_info/SaveImageWebsocket").json() == {}
    graph = {"9": {"class_type": "SaveImageWebsocket", "inputs": {"images": ["1", 0]}}}
    assert submit(comfy, graph).json()["error"]["type"] == "missing_node_type"
    error = submit(comfy, img2img(put(comfy, make_picture(), "a.png"))).json()["node_errors"]["ck"]["errors"][0]
    assert error["type"] == "value_not_in_list"
    assert error["details"] == "ckpt_name: 'sd_xl_base_1.0.safetensors' not in []"


def test_a_server_of_2025_takes_any_id_and_has_no_jobs():
    with serve("comfyui-0.3", keys=None) as old, connect(old, {}) as comfy:
        name = put(comfy, make_picture(), "a.png")
        assert submit(comfy, build_graph(name), prompt_id="mine").json()["prompt_id"] == "mine"
        wait_for(comfy, "mine")
        assert comfy.get("/api/jobs/mine").status_code == 404
        for graph in (
            bad_graphs()["missing_node_type"][0],
            {"id": "x", "nodes": [], "links": []},
            {"1": {"inputs": {}}},
        ):
            assert submit(comfy, graph).json()["error"]["type"] == "invalid_prompt"
        assert submit(comfy, bad_graphs()["dependency_cycle"][0]).json()["node_errors"] == {}


def test_a_proxy_before_it_may_ask_for_a_token():
    with serve("comfyui") as guarded, connect(guarded, {}) as stranger, connect(guarded) as friend:
        assert stranger.get("/system_stats").status_code == 401
        assert friend.get("/system_stats").status_code == 200
