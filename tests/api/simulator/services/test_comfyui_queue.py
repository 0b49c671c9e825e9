"""ComfyUI's queue: what waits, what runs, what is stopped. Compared with a real server where there is one."""

from __future__ import annotations

import json
import time
import uuid

import httpx
import pytest

from .conftest import REAL_COMFYUI, connect, get_job_status, is_old, serve
from .test_comfyui import greeted_socket, listen, socket_of, submit, wait_for


@pytest.fixture(params=["comfyui", "comfyui-0.3", "real"])
def slow(request):
    """A server on which a job takes a moment, and the side of the picture that makes it so."""
    if request.param == "real":
        if not REAL_COMFYUI:
            pytest.skip("NANO_BANANA_TEST_COMFYUI names no server")
        with httpx.Client(base_url=REAL_COMFYUI, trust_env=False, timeout=120) as client:
            yield client, 1200
        return
    with serve(request.param, keys=None, delay=0.8) as simulator, connect(simulator, {}) as client:
        yield client, 64


def slow_graph(side: int) -> dict:
    """Two blurs; the colour makes it a graph that nobody sent before."""
    empty = {"width": side, "height": side, "batch_size": 1, "color": int(time.time() * 1000) % 16_777_215}
    blur = {"blur_radius": 31, "sigma": 10.0}
    return {
        "1": {"class_type": "EmptyImage", "inputs": empty},
        "2": {"class_type": "ImageBlur", "inputs": {"image": ["1", 0], **blur}},
        "3": {"class_type": "ImageBlur", "inputs": {"image": ["2", 0], **blur}},
        "9": {"class_type": "PreviewImage", "inputs": {"images": ["3", 0]}},
    }


def begin(slow, client="", **more) -> str:
    """A slow job that is under way."""
    comfy, side = slow
    ident = str(uuid.uuid4())
    submit(comfy, slow_graph(side), prompt_id=ident, client_id=client or uuid.uuid4().hex, **more)
    return ident


def wait_until_running(comfy, ident: str) -> None:
    for _ in range(6000):  # what another test has stopped ends with its node
        if [entry[1] for entry in comfy.get("/queue").json()["queue_running"]] == [ident]:
            return
        time.sleep(0.02)
    raise AssertionError("the job never ran")


def test_a_running_job_stops_between_nodes_and_says_interrupted(slow):
    """The history calls it an error all the same; the message's type tells."""
    comfy, _side = slow
    client = uuid.uuid4().hex
    with greeted_socket(comfy, client) as socket:
        ident = begin(slow, client)
        wait_until_running(comfy, ident)
        assert comfy.get(f"/history/{ident}").json() == {}
        assert get_job_status(comfy, ident) == ("" if is_old(comfy) else "in_progress")
        assert comfy.post("/interrupt", json={"prompt_id": ident}).status_code == 200
        heard = listen(socket, ident, 120)
    stopped = next(message["data"] for message in heard if message["type"] == "execution_interrupted")
    assert set(stopped) == {"prompt_id", "node_id", "node_type", "executed", "timestamp"}
    entry = wait_for(comfy, ident)
    assert entry["status"]["status_str"] == "error"
    assert entry["status"]["completed"] is False
    assert [kind for kind, _data in entry["status"]["messages"]][-1] == "execution_interrupted"
    assert entry["outputs"] == {}
    assert get_job_status(comfy, ident) == ("" if is_old(comfy) else "cancelled")


def test_a_waiting_job_is_deleted_not_interrupted(slow):
    """An interrupt with its id does nothing; deleting leaves no trace and tells nobody."""
    comfy, _side = slow
    running = begin(slow)
    wait_until_running(comfy, running)
    waiting, first = begin(slow), begin(slow, front=True)
    queue = comfy.get("/queue").json()
    assert [entry[1] for entry in queue["queue_running"]] == [running]
    assert {entry[1]: entry[0] < 0 for entry in queue["queue_pending"]} == {waiting: False, first: True}
    assert get_job_status(comfy, waiting) == ("" if is_old(comfy) else "pending")
    comfy.post("/interrupt", json={"prompt_id": waiting})
    assert len(comfy.get("/queue").json()["queue_pending"]) == 2
    assert comfy.post("/queue", json={"delete": [waiting]}).status_code == 200
    assert comfy.get(f"/history/{waiting}").json() == {}
    if is_old(comfy):
        comfy.post("/queue", json={"delete": [first]})
        comfy.post("/interrupt", json={"prompt_id": running})
    else:
        assert comfy.post(f"/api/jobs/{first}/cancel").json() == {"cancelled": True}
        assert comfy.post(f"/api/jobs/{running}/cancel").json() == {"cancelled": True}
    assert comfy.get("/queue").json()["queue_pending"] == []
    wait_for(comfy, running)


def test_a_client_that_comes_back_hears_what_runs_and_not_what_was(slow):
    """Only the node, without the job's id; then what follows, to the end."""
    comfy, _side = slow
    client = uuid.uuid4().hex
    with greeted_socket(comfy, client) as socket:
        ident = begin(slow, client)
        while json.loads(socket.recv(timeout=120)).get("type") != "executing":
            pass
    with socket_of(comfy, client) as again:
        status, node = json.loads(again.recv(timeout=10)), json.loads(again.recv(timeout=10))
        assert status["data"]["sid"] == client
        assert node["type"] == "executing"
        assert set(node["data"]) == {"node"}
        comfy.post("/interrupt", json={"prompt_id": ident})
        assert listen(again, ident, 120)[-1]["data"]["node"] is None


def test_all_that_waits_can_be_cleared(slow):
    comfy, _side = slow
    running = begin(slow)
    wait_until_running(comfy, running)
    begin(slow)
    assert comfy.post("/queue", json={"clear": True}).status_code == 200
    assert comfy.get("/queue").json()["queue_pending"] == []
    comfy.post("/interrupt")
    wait_for(comfy, running)
    assert comfy.post("/history", json={"delete": [running]}).status_code == 200
    assert comfy.get(f"/history/{running}").json() == {}
    assert comfy.post("/free", json={"unload_models": True, "free_memory": True}).status_code == 200
