"""The API of AUTOMATIC1111 and its kin, and the one of stable-diffusion.cpp."""

from __future__ import annotations

import base64
import json
import threading
import time
from io import BytesIO

import pytest
from PIL import Image

from .conftest import connect, likeness, make_picture, opened, serve, uri


@pytest.fixture
def sim():
    with serve("sdapi", painted=True, keys=None) as simulator:
        yield simulator


@pytest.fixture
def webui(sim):
    with connect(sim, {}) as client:
        yield client


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def img2img(client, **fields):
    body = {"prompt": "a lake", "init_images": [b64(make_picture((128, 96)))], "width": 128, "height": 96, "steps": 4}
    return client.post("/sdapi/v1/img2img", json={**body, **fields})


def decoded(answer, number=0) -> bytes:
    return base64.b64decode(answer.json()["images"][number])


def test_strength_is_how_far_the_picture_is_left(webui):
    data = make_picture((128, 96))
    assert likeness(decoded(img2img(webui, denoising_strength=0)), data) > 0.999
    assert likeness(decoded(img2img(webui, denoising_strength=0.9)), data) > 0.8
    answer = img2img(webui, seed=7, batch_size=2)
    assert json.loads(answer.json()["info"])["all_seeds"] == [7, 8]
    assert len(answer.json()["images"]) == 2


def test_sizes_are_cut_to_eight(webui):
    assert opened(decoded(img2img(webui, width=131, height=100))).size == (128, 96)


def test_a_guide_gives_the_shapes_and_comes_back_behind_the_result(webui):
    guide = make_picture((128, 96), corner="right")
    unit = {"enabled": True, "module": "none", "model": "control_v11f1p_sd15_depth [cfd03158]", "image": b64(guide)}
    answer = img2img(webui, denoising_strength=1, alwayson_scripts={"controlnet": {"args": [unit]}})
    assert len(answer.json()["images"]) == 2
    assert likeness(decoded(answer), guide) > 0.8
    assert decoded(answer, 1) == guide
    unused = img2img(
        webui, denoising_strength=1, alwayson_scripts={"controlnet": {"args": [{**unit, "enabled": False}]}}
    )
    assert likeness(decoded(unused), guide) < 0.8


def test_a_mask_keeps_what_is_black(webui):

    mask, stream = Image.new("L", (128, 96)), BytesIO()
    mask.paste(255, (64, 0, 128, 96))
    mask.save(stream, "PNG")
    result = opened(decoded(img2img(webui, mask=b64(stream.getvalue()), denoising_strength=1))).convert("RGB")
    left = (0, 0, 60, 96)
    assert result.crop(left).tobytes() == opened(make_picture((128, 96))).crop(left).tobytes()


@pytest.mark.parametrize(
    ("fields", "status", "words"),
    [
        ({"init_images": []}, 404, "Init image not found"),
        ({"sampler_name": "Nope"}, 400, "Sampler not found"),
        ({"steps": 0}, 422, "between"),
        ({"denoising_strength": 2}, 422, "between"),
        ({"alwayson_scripts": {"IP-Adapter": {"args": []}}}, 422, "not found"),
        ({"prompt": "x [[sim:run_error]]"}, 500, "out of memory"),
    ],
)
def test_errors_in_the_servers_words(webui, fields, status, words):
    answer = img2img(webui, **fields)
    assert answer.status_code == status
    assert words in answer.text


def test_progress_is_global_and_an_interrupt_gives_half_a_picture():
    with serve("sdapi", keys=None, delay=300.0) as sim, connect(sim, {}) as client, connect(sim, {}) as other:
        assert other.get("/sdapi/v1/progress").json()["progress"] == 0
        answers = []
        thread = threading.Thread(target=lambda: answers.append(img2img(client, steps=50)))
        thread.start()
        while not other.get("/sdapi/v1/progress?skip_current_image=true").json()["progress"]:
            time.sleep(0.02)
        assert other.post("/sdapi/v1/interrupt").status_code == 200
        thread.join(60)
        assert answers[0].status_code == 200
        assert opened(decoded(answers[0])).size == (128, 96)
        assert other.get("/sdapi/v1/progress").json()["progress"] == 0
        assert len(sim.billed) == 1


def test_lists_and_routes(webui):
    assert webui.get("/sdapi/v1/sd-models").json()[0]["model_name"]
    assert "karras" in [entry["name"] for entry in webui.get("/sdapi/v1/schedulers").json()]
    assert webui.get("/controlnet/model_list").json()["model_list"]
    assert webui.get("/sdapi/v1/nope").json() == {"detail": "Not Found"}


def test_basic_authorisation():
    with serve("sdapi", keys={"me:secret"}) as sim, connect(sim, {}) as stranger:
        assert stranger.get("/sdapi/v1/options").status_code == 401
        assert stranger.get("/sdapi/v1/options", auth=("me", "secret")).status_code == 200
    assert "secret" not in repr(sim.requests)


@pytest.fixture
def cpp():
    with serve("sdcpp", painted=True, keys=None) as simulator, connect(simulator, {}) as client:
        client.sim = simulator
        yield client


def submit(cpp, **fields):
    return cpp.post("/sdcpp/v1/img_gen", json={"prompt": "a lake", "width": 128, "height": 96, **fields})


def follow(cpp, job) -> list[dict]:
    said = []
    for _ in range(8):
        said.append(cpp.get(job["poll_url"]).json())
        if said[-1]["status"] not in ("queued", "generating"):
            break
    return said


def test_a_job_of_stable_diffusion_cpp(cpp):
    data = make_picture((128, 96))
    answer = submit(cpp, init_image=uri(data), strength=0.6, seed=3)
    assert answer.status_code == 202
    said = follow(cpp, answer.json())
    assert [item["status"] for item in said] == ["queued", "generating", "completed"]
    assert likeness(base64.b64decode(said[-1]["result"]["images"][0]["b64_json"]), data) > 0.8
    assert [entry.task for entry in cpp.sim.billed] == [answer.json()["id"]]


def test_its_limits_are_data_and_kept(cpp):
    tree = cpp.get("/sdcpp/v1/capabilities").json()
    assert tree["features"]["control_image"] is True
    assert submit(cpp, width=tree["limits"]["max_width"] + 8).status_code == 400
    assert submit(cpp, width=130).status_code == 400
    assert submit(cpp, mask_image=uri(make_picture())).status_code == 400


def test_its_jobs_can_be_cancelled_while_they_wait_or_run(cpp):
    job = submit(cpp).json()
    assert cpp.post(f"{job['poll_url']}/cancel").json()["status"] == "cancelled"
    assert follow(cpp, job)[-1]["status"] == "cancelled"
    done = submit(cpp).json()
    follow(cpp, done)
    assert cpp.post(f"{done['poll_url']}/cancel").status_code == 409
    assert cpp.post("/sdcpp/v1/jobs/none/cancel").status_code == 410
    assert cpp.get("/sdcpp/v1/jobs/none").status_code == 404
    failed = follow(cpp, submit(cpp, prompt="x [[sim:task_failed]]").json())[-1]
    assert failed["error"]["code"] == "generation_failed"
