"""The ComfyUI part answers as the real server does: both are asked the same where there is a real one."""

from __future__ import annotations

import contextlib
import io
import json
import struct
import time
import uuid

import httpx
import pytest
from PIL import Image
from websockets.sync.client import connect as connect_socket

from .conftest import REAL_COMFYUI, connect, get_job_status, is_old, likeness, make_picture, opened, serve

FRESH = iter(range(10**6))


def upload(comfy, data: bytes, name="cap.png", **fields) -> httpx.Response:
    return comfy.post("/upload/image", files={"image": (name, data, "image/png")}, data=fields)


def upload_fresh(comfy, size=(128, 96), **options) -> tuple[str, bytes]:
    """A picture that no earlier test has sent: the name under which it lies, and its bytes."""
    data = make_picture((size[0] + 8 * (next(FRESH) % 5), size[1]), **options)
    answer = upload(comfy, data, f"{uuid.uuid4().hex}.png").json()
    return answer["name"], data


def build_graph(name: str, **save) -> dict:
    return {
        "1": {"class_type": "LoadImage", "inputs": {"image": name}, "_meta": {"title": "Capture"}},
        "2": {"class_type": "ImageInvert", "inputs": {"image": ["1", 0]}},
        "9": {"class_type": "SaveImage", "inputs": {"images": ["2", 0], "filename_prefix": "nb/out", **save}},
    }


def submit(comfy, graph, **more) -> httpx.Response:
    return comfy.post("/prompt", json={"prompt": graph, **more})


def wait_for(comfy, ident: str) -> dict:
    """The job's entry of the history."""
    for _ in range(2400):
        found = comfy.get(f"/history/{ident}").json()
        if found:
            return found[ident]
        time.sleep(0.05)
    raise AssertionError("the job never ended")


def socket_of(comfy, client: str):
    address = str(comfy.base_url).replace("http", "ws").rstrip("/")
    return connect_socket(f"{address}/ws?clientId={client}", open_timeout=20, proxy=None)


@contextlib.contextmanager
def greeted_socket(comfy, client: str):
    """A socket that the server tells what follows: the handshake alone does not say that it knows the client yet."""
    with socket_of(comfy, client) as socket:
        assert json.loads(socket.recv(timeout=20))["type"] == "status"
        yield socket


def listen(socket, ident: str, patience=30.0) -> list:
    """All messages up to the job's last one; binary ones as bytes."""
    heard = []
    while True:
        message = socket.recv(timeout=patience)
        heard.append(message if isinstance(message, bytes) else json.loads(message))
        last = heard[-1]
        if isinstance(last, dict) and last["type"] == "executing" and last["data"]["node"] is None:
            assert last["data"]["prompt_id"] == ident
            return heard


def test_the_connection_test_tells_version_and_devices(comfy):
    system = comfy.get("/system_stats").json()
    assert system["system"]["comfyui_version"].count(".") == 2
    assert {"name", "type", "vram_total", "vram_free"} <= set(system["devices"][0])
    assert comfy.get("/api/system_stats").json()["system"]["comfyui_version"] == system["system"]["comfyui_version"]
    assert comfy.get("/features").json()["max_upload_size"] == 104_857_600
    assert comfy.get("/prompt").json() == {"exec_info": {"queue_remaining": 0}}


def test_an_unknown_class_or_folder_is_empty_or_missing(comfy):
    assert comfy.get("/object_info/Nope").json() == {}
    assert comfy.get("/models/nope").status_code == 404
    assert "checkpoints" in comfy.get("/models").json()


def test_an_upload_keeps_what_is_there(comfy):
    """The same bytes keep their name, others get another one, and the subfolder cannot lead outside."""
    name = f"{uuid.uuid4().hex}.png"
    first, other = make_picture(), make_picture((64, 48))
    assert upload(comfy, first, name).json() == {"name": name, "subfolder": "", "type": "input"}
    assert upload(comfy, first, name).json()["name"] == name
    assert upload(comfy, other, name).json()["name"] == name.replace(".png", " (1).png")
    assert upload(comfy, other, name, overwrite="true").json()["name"] == name
    assert upload(comfy, first, name, subfolder="nb").json() == {"name": name, "subfolder": "nb", "type": "input"}
    assert upload(comfy, first, name, subfolder="../..").status_code == 400
    assert comfy.post("/upload/image", files={"other": ("a.png", first)}).status_code == 400


def test_a_job_runs_from_upload_to_download(comfy):
    """Upload, submit under an own id, wait, download: the result is the picture turned round."""
    name, data = upload_fresh(comfy)
    ident = str(uuid.uuid4())
    accepted = submit(comfy, build_graph(name), prompt_id=ident, client_id="c")
    assert accepted.status_code == 200
    assert accepted.json()["prompt_id"] == ident
    assert accepted.json()["node_errors"] == {}
    entry = wait_for(comfy, ident)
    assert entry["status"]["status_str"] == "success"
    assert entry["status"]["completed"] is True
    assert [kind for kind, _data in entry["status"]["messages"]] == [
        "execution_start",
        "execution_cached",
        "execution_success",
    ]
    assert entry["prompt"][1] == ident
    assert entry["prompt"][4] == ["9"]
    (image,) = entry["outputs"]["9"]["images"]
    assert image["subfolder"] == "nb"
    assert image["type"] == "output"
    shown = comfy.get("/view", params=image)
    assert shown.headers["content-type"] == "image/png"
    assert likeness(shown.content, data) < -0.99
    load = json.loads(opened(shown.content).text["prompt"])["1"]
    assert (load["_meta"]["title"], len(load["is_changed"])) == ("Capture", 1)
    if not is_old(comfy):
        job = comfy.get(f"/api/jobs/{ident}").json()
        assert (job["status"], job["preview_output"]["filename"]) == ("completed", image["filename"])
    preview = comfy.get("/view", params={**image, "preview": "webp;90"})
    assert preview.headers["content-type"] == "image/webp"
    alpha = comfy.get("/view", params={**image, "channel": "a"})
    assert opened(alpha.content).mode == "RGBA"


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({"filename": "absent.png"}, 404),
        ({"filename": "../secret.png"}, 400),
        ({"filename": "/etc/passwd"}, 400),
        ({"filename": "a.png", "subfolder": "../.."}, 403),
        ({"filename": "a.png", "type": "nope"}, 400),
    ],
)
def test_a_view_stays_inside_its_folder(comfy, query, status):
    assert comfy.get("/view", params=query).status_code == status


def bad_graphs() -> dict:
    load = {"class_type": "LoadImage", "inputs": {"image": "absent-for-ever.png"}}
    empty = {"class_type": "EmptyImage", "inputs": {"width": 64, "height": 64, "batch_size": 1, "color": 0}}
    scale = {"image": ["1", 0], "upscale_method": "lanczos", "width": 64, "height": 64, "crop": "disabled"}

    def save(link):
        return {"class_type": "SaveImage", "inputs": {"images": link, "filename_prefix": "x"}}

    def scaled(**changes):
        return {"1": empty, "2": {"class_type": "ImageScale", "inputs": {**scale, **changes}}, "9": save(["2", 0])}

    checkpoint = {"class_type": "CheckpointLoaderSimple", "inputs": {"ckpt_name": "none.safetensors"}}
    encode = {"class_type": "CLIPTextEncode", "inputs": {"text": "x", "clip": ["4", 1]}}
    invert = {"class_type": "ImageInvert", "inputs": {"image": ["3", 0]}}
    return {
        "prompt_no_outputs": ({"1": empty}, None),
        "no_graph": ({}, None),
        "missing_node_type": (
            {"1": empty, "2": {"class_type": "Nope", "inputs": {}, "_meta": {"title": "Mine"}}},
            None,
        ),
        "no_class": ({"1": empty, "2": {"inputs": {}}}, None),
        "required_input_missing": ({"9": {"class_type": "SaveImage", "inputs": {"filename_prefix": "x"}}}, "9"),
        "exception_during_validation": ({"9": save(["77", 0])}, "9"),
        "bad_slot": ({"1": empty, "9": save(["1", 3])}, "9"),
        "return_type_mismatch": ({"1": {**load}, "9": save(["1", 1])}, "9"),
        "custom_validation_failed": ({"1": load, "9": save(["1", 0])}, "1"),
        "value_not_in_list": (scaled(upscale_method="magic"), "2"),
        "invalid_input_type": (scaled(height="tall"), "2"),
        "value_bigger_than_max": (scaled(width=999_999), "2"),
        "value_smaller_than_min": (scaled(width=-1), "2"),
        "model": ({"4": checkpoint, "5": encode, "9": save(["4", 0])}, "9"),
        "dependency_cycle": (
            {"2": invert, "3": {"class_type": "ImageInvert", "inputs": {"image": ["2", 0]}}, "9": save(["2", 0])},
            "2",
        ),
    }


@pytest.mark.parametrize("name", bad_graphs())
def test_a_bad_graph_is_refused_with_the_node_and_the_reason(comfy, name):
    graph, node = bad_graphs()[name]
    answer = submit(comfy, graph)
    assert answer.status_code == 400
    tree = answer.json()
    assert {"type", "message", "details", "extra_info"} == set(tree["error"])
    if node is None:
        unknown = "invalid_prompt" if is_old(comfy) else "missing_node_type"
        kinds = {"no_graph": "prompt_no_outputs", "no_class": unknown, "missing_node_type": unknown}
        assert tree["error"]["type"] == kinds.get(name, name)
        assert tree["node_errors"] == {}
        return
    assert tree["error"]["type"] == "prompt_outputs_failed_validation"
    if name == "dependency_cycle" and is_old(comfy):
        assert tree["node_errors"] == {}
        return
    kinds = {"bad_slot": "exception_during_validation", "model": "return_type_mismatch"}
    about = tree["node_errors"][node]
    assert [error["type"] for error in about["errors"]] == [kinds.get(name, name)]
    assert about["dependent_outputs"] == ["9"]
    assert about["class_type"] == graph[node]["class_type"]


def test_words_of_refusals_name_the_value(comfy):
    graph = bad_graphs()["value_not_in_list"][0]
    error = submit(comfy, graph).json()["node_errors"]["2"]["errors"][0]
    assert (
        error["details"] == "upscale_method: 'magic' not in ['nearest-exact', 'bilinear', 'area', 'bicubic', 'lanczos']"
    )
    assert error["extra_info"]["received_value"] == "magic"
    graph = bad_graphs()["missing_node_type"][0]
    error = submit(comfy, graph).json()["error"]
    if is_old(comfy):
        assert "Nope does not exist" in error["message"]
        return
    assert error["extra_info"] == {"node_id": "2", "class_type": "Nope", "node_title": "Mine"}
    assert error["message"] == "Node 'Mine' not found. The custom node may not be installed."


@pytest.mark.parametrize(
    ("body", "kind", "kind_of_old"),
    [
        ({"client_id": "c"}, "no_prompt", "no_prompt"),
        ({"prompt": [1]}, "", ""),
        ({"prompt": {"nodes": [], "links": [], "version": 0.4}}, "", "invalid_prompt"),
        ({"prompt": {}, "prompt_id": "not-a-uuid"}, "invalid_prompt_id", "prompt_no_outputs"),
    ],
)
def test_what_is_no_graph(comfy, body, kind, kind_of_old):
    """A workflow in the form of the editor is not understood, and by newer servers not explained: plain text."""
    answer = comfy.post("/prompt", json=body)
    kind = kind_of_old if is_old(comfy) else kind
    assert answer.status_code == (400 if kind else 500)
    assert (answer.json()["error"]["type"] if kind else answer.headers["content-type"].split(";")[0]) == (
        kind or "text/plain"
    )


def test_broken_json_is_a_500(comfy):
    assert comfy.post("/prompt", content=b'{"prompt": {').status_code == 500


def test_a_good_output_runs_beside_a_bad_one(comfy):
    name, _data = upload_fresh(comfy)
    graph = build_graph(name)
    graph["10"] = {"class_type": "SaveImage", "inputs": {"images": ["1", 1], "filename_prefix": "x"}}
    answer = submit(comfy, graph)
    assert answer.status_code == 200
    assert set(answer.json()["node_errors"]) == {"10"}
    assert set(wait_for(comfy, answer.json()["prompt_id"])["outputs"]) == {"9"}


def test_numbers_in_texts_are_taken(comfy):
    graph = {
        "1": {"class_type": "EmptyImage", "inputs": {"width": "32", "height": 16.7, "batch_size": 1, "color": 0}},
        "9": {
            "class_type": "SaveImage",
            "inputs": {"images": ["1", 0], "filename_prefix": f"n{next(FRESH)}{uuid.uuid4().hex[:6]}"},
        },
    }
    entry = wait_for(comfy, submit(comfy, graph).json()["prompt_id"])
    data = comfy.get("/view", params=entry["outputs"]["9"]["images"][0]).content
    assert opened(data).size == (32, 16)


def test_messages_come_in_the_order_of_the_work(comfy):
    """From the first status to the last executing, which names no node; the clients of others hear nothing of it."""
    name, _data = upload_fresh(comfy)
    ident, client = str(uuid.uuid4()), uuid.uuid4().hex
    with socket_of(comfy, client) as socket, socket_of(comfy, uuid.uuid4().hex) as stranger:
        socket.send(json.dumps({"type": "feature_flags", "data": {"supports_preview_metadata": True}}))
        greeting, features = json.loads(socket.recv(timeout=10)), json.loads(socket.recv(timeout=10))
        assert greeting == {"type": "status", "data": {"status": {"exec_info": {"queue_remaining": 0}}, "sid": client}}
        assert features["type"] == "feature_flags"
        assert features["data"]["supports_preview_metadata"] is True
        submit(comfy, build_graph(name), prompt_id=ident, client_id=client)
        heard = listen(socket, ident)
        while True:
            try:
                assert json.loads(stranger.recv(timeout=0.3))["type"] == "status"
            except TimeoutError:
                break
    kinds = [message["type"] for message in heard if message["type"] != "status"]
    steps = ["progress_state", "executing", "progress_state"]
    saved = ["progress_state", "executing", "executed", "progress_state"]
    assert kinds == ["execution_start", "execution_cached", *steps, *steps, *saved, "execution_success", "executing"]
    executed = next(message["data"] for message in heard if message["type"] == "executed")
    assert set(executed) == {"node", "display_node", "output", "prompt_id"}
    state = [message["data"] for message in heard if message["type"] == "progress_state"][-1]
    assert set(state["nodes"]) == {"1", "2", "9"}
    assert state["nodes"]["9"] == {
        **{"value": 1.0, "max": 1.0, "state": "finished", "node_id": "9", "display_node_id": "9"},
        **{"parent_node_id": None, "real_node_id": "9", "prompt_id": ident},
    }


def test_the_same_again_paints_nothing(comfy):
    """The cache repeats the old file's name, and says so in the messages."""
    name, _data = upload_fresh(comfy)
    graph, client = build_graph(name), uuid.uuid4().hex
    first = wait_for(comfy, submit(comfy, graph).json()["prompt_id"])["outputs"]
    ident = str(uuid.uuid4())
    with greeted_socket(comfy, client) as socket:
        submit(comfy, graph, prompt_id=ident, client_id=client)
        heard = listen(socket, ident)
    cached = next(message["data"]["nodes"] for message in heard if message["type"] == "execution_cached")
    assert set(cached) == {"1", "2", "9"}
    assert wait_for(comfy, ident)["outputs"] == first
    assert "execution_success" in [message["type"] for message in heard]


def test_a_file_that_is_no_picture_fails_when_it_is_read(comfy):
    """The prompt is taken; the error comes over the socket and stands in the history."""
    name = upload(comfy, b"not a picture", f"{uuid.uuid4().hex}.png").json()["name"]
    ident, client = str(uuid.uuid4()), uuid.uuid4().hex
    with greeted_socket(comfy, client) as socket:
        assert submit(comfy, build_graph(name), prompt_id=ident, client_id=client).status_code == 200
        heard = listen(socket, ident)
    error = next(message["data"] for message in heard if message["type"] == "execution_error")
    assert error["node_id"] == "1"
    assert error["node_type"] == "LoadImage"
    assert error["exception_type"] == "PIL.UnidentifiedImageError"
    keys = {"prompt_id", "node_id", "node_type", "executed", "exception_message", "exception_type", "traceback"}
    assert keys | {"current_inputs", "current_outputs"} <= set(error)
    entry = wait_for(comfy, ident)
    assert entry["status"]["status_str"] == "error"
    assert entry["status"]["completed"] is False
    assert entry["outputs"] == {}
    assert get_job_status(comfy, ident) == ("" if is_old(comfy) else "failed")


def test_a_cut_picture_has_a_grey_rest_and_succeeds(comfy):
    noise = Image.effect_noise((200, 150), 90)
    stream = io.BytesIO()
    noise.save(stream, "PNG")
    name = upload(comfy, stream.getvalue()[: len(stream.getvalue()) // 2], f"{uuid.uuid4().hex}.png").json()["name"]
    entry = wait_for(comfy, submit(comfy, build_graph(name)).json()["prompt_id"])
    assert entry["status"]["status_str"] == "success"


def test_alpha_becomes_a_mask_turned_round(comfy):
    """Transparent is white."""
    name, data = upload_fresh(comfy, mode="RGBA")
    graph = {
        "1": {"class_type": "LoadImage", "inputs": {"image": name}},
        "2": {"class_type": "MaskToImage", "inputs": {"mask": ["1", 1]}},
        "9": {"class_type": "SaveImage", "inputs": {"images": ["2", 0], "filename_prefix": "mask"}},
    }
    entry = wait_for(comfy, submit(comfy, graph).json()["prompt_id"])
    mask = opened(comfy.get("/view", params=entry["outputs"]["9"]["images"][0]).content)
    assert mask.getpixel((4, 4))[0] == 255
    assert mask.getpixel((opened(data).width - 4, 90))[0] == 0


def test_unknown_ids_are_empty_and_idle_interrupts_hit_nothing(comfy):
    ident = str(uuid.uuid4())
    assert comfy.get(f"/history/{ident}").json() == {}
    assert comfy.get(f"/api/jobs/{ident}").status_code == 404
    assert comfy.post("/interrupt", json={"prompt_id": ident}).status_code == 200
    assert comfy.post("/interrupt").status_code == 200
    assert comfy.post("/queue", json={"delete": [ident]}).status_code == 200
    if not is_old(comfy):
        assert comfy.post(f"/api/jobs/{ident}/cancel").json() == {"cancelled": False}
    name, _data = upload_fresh(comfy)
    assert wait_for(comfy, submit(comfy, build_graph(name)).json()["prompt_id"])["status"]["completed"]


def test_pages_of_other_sites_are_refused(comfy):
    assert comfy.get("/queue", headers={"Sec-Fetch-Site": "cross-site"}).status_code == (200 if is_old(comfy) else 403)
    assert comfy.get("/queue", headers={"Origin": "http://evil.example"}).status_code == 403


def test_a_picture_over_the_socket_leaves_no_file(comfy):
    """SaveImageWebsocket sends a PNG in a binary message, and nothing into the history's outputs."""
    if not comfy.get("/object_info/SaveImageWebsocket").json():
        pytest.skip("the server has no SaveImageWebsocket")
    name, data = upload_fresh(comfy)
    graph = {
        "1": {"class_type": "LoadImage", "inputs": {"image": name}},
        "9": {"class_type": "SaveImageWebsocket", "inputs": {"images": ["1", 0]}},
    }
    ident, client = str(uuid.uuid4()), uuid.uuid4().hex
    with greeted_socket(comfy, client) as socket:
        submit(comfy, graph, prompt_id=ident, client_id=client)
        (frame,) = [message for message in listen(socket, ident) if isinstance(message, bytes)]
    assert struct.unpack(">II", frame[:8]) == (1, 2)
    assert likeness(frame[8:], data) > 0.99
    assert wait_for(comfy, ident)["outputs"] == {}


def describe_classes(tree: dict) -> dict:
    """What a graph needs to know of the classes: inputs with type and bounds, outputs. Menus are compared by form."""

    def read(config):
        kind = "menu" if isinstance(config[0], list) or config[0] == "COMBO" else config[0]
        options = config[1] if len(config) > 1 else {}
        return kind, tuple(options.get(name) for name in ("min", "max", "step"))

    return {
        name: {
            "inputs": {
                group: {key: read(value) for key, value in items.items()}
                for group, items in about["input"].items()
                if group != "hidden"
            },
            "outputs": (about["output"], about["output_name"], about["output_node"]),
        }
        for name, about in tree.items()
    }


@pytest.mark.skipif(not REAL_COMFYUI, reason="NANO_BANANA_TEST_COMFYUI names no server")
def test_classes_have_the_inputs_and_outputs_of_the_real_ones():
    with serve("comfyui", keys=None) as simulator, connect(simulator, {}) as client:
        ours = describe_classes(client.get("/object_info").json())
    with httpx.Client(base_url=REAL_COMFYUI, trust_env=False, timeout=60) as client:
        theirs, is_older = describe_classes(client.get("/object_info").json()), is_old(client)
    if is_older:  # the simulator's are those of a later one: they have more inputs and more classes
        ours = {name: leave_out_newer(about, theirs[name]) for name, about in ours.items() if name in theirs}
    different = {
        name: (about, theirs.get(name)) for name, about in ours.items() if name in theirs and about != theirs[name]
    }
    assert different == {}
    assert set(ours) - set(theirs) <= {"SaveImageWebsocket"}


def leave_out_newer(about: dict, older: dict) -> dict:
    """A class as an older server has it: without further inputs, and without the images that output nodes pass on."""
    groups = {
        group: {key: value for key, value in items.items() if key in older["inputs"].get(group, {})}
        for group, items in about["inputs"].items()
    }
    groups = {group: items for group, items in groups.items() if group in older["inputs"]}
    is_output = about["outputs"][2]
    return {"inputs": groups, "outputs": ([], [], True) if is_output else about["outputs"]}
