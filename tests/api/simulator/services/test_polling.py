"""FLUX at BFL and at CometAPI, and Midjourney: submit, ask, fetch."""

from __future__ import annotations

import base64
from io import BytesIO

import pytest
from PIL import Image

from devtools.simulator.server import Simulator

from .conftest import connect, likeness, make_picture, opened, serve, uri


@pytest.fixture
def sim():
    with serve("bfl", painted=True) as simulator:
        yield simulator


@pytest.fixture
def bfl(sim):
    with connect(sim, {"x-key": "test-key"}) as client:
        yield client


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def submit(client, model="flux-2-pro", prompt="a lake", **fields):
    return client.post(f"/v1/{model}", json={"prompt": prompt, "width": 256, "height": 192, **fields})


def follow(client, ticket, most=10) -> list[dict]:
    """All that is said until the task ends."""
    said = []
    while len(said) < most:
        said.append(client.get(ticket["polling_url"]).json())
        if said[-1]["status"] not in ("Pending", "Reasoning", "Generating"):
            break
    return said


def test_a_task_is_asked_for_at_its_own_address_and_fetched_from_a_link(bfl, sim, fetch):
    data, other = make_picture((256, 192)), make_picture((256, 192), corner="right")
    ticket = submit(bfl, input_image=b64(other), input_image_2=uri(data)).json()
    assert ticket["cost"] > 3
    said = follow(bfl, ticket)
    assert [item["status"] for item in said] == ["Pending", "Generating", "Ready"]
    assert 0 < said[1]["progress"] < 1
    picture = fetch(said[-1]["result"]["sample"]).content
    assert opened(picture).size == (256, 192)
    assert likeness(picture, data) > 0.8
    assert bfl.get(f"/v1/get_result?id={ticket['id']}").json()["status"] == "Task not found"
    assert [entry.task for entry in sim.billed] == [ticket["id"]]


def test_asking_again_costs_nothing_and_the_link_stays(bfl, sim, fetch):
    ticket = submit(bfl).json()
    samples = {follow(bfl, ticket)[-1]["result"]["sample"] for _ in range(3)}
    assert len(samples) == 1
    assert fetch(samples.pop(), headers={"x-key": "test-key"}).status_code == 400
    assert len(sim.billed) == 1


@pytest.mark.parametrize(
    ("model", "fields", "field"),
    [
        ("flux-2-pro", {"width": 250}, "width"),
        ("flux-2-pro", {"width": 4096, "height": 2048}, "width"),
        ("flux-2-pro", {"width": 1024, "height": 256}, "width"),
        ("flux-2-pro", {"safety_tolerance": 6}, "safety_tolerance"),
        ("flux-2-pro", {"output_format": "webp"}, "output_format"),
        ("flux-2-pro", {"prompt": None}, "prompt"),
        ("flux-2-pro", {"input_image": "https://example.com/a.png"}, "input_image"),
        ("flux-2-klein-4b", {"input_image_4": b64(make_picture())}, "input_image_4"),
        ("flux-kontext-pro", {"input_image_2": b64(make_picture())}, "input_image_2"),
        ("flux-pro-1.0-fill", {"image": b64(make_picture())}, "mask"),
    ],
)
def test_what_does_not_fit_is_a_422(bfl, sim, model, fields, field):
    answer = submit(bfl, model, **fields)
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"] == ["body", field]
    assert sim.billed == []


def test_a_fill_changes_only_what_is_white(bfl, fetch):
    mask, stream = Image.new("L", (256, 192)), BytesIO()
    mask.paste(255, (128, 0, 256, 192))
    mask.save(stream, "PNG")
    data = make_picture((256, 192))
    ticket = submit(bfl, "flux-pro-1.0-fill", image=b64(data), mask=b64(stream.getvalue()), output_format="png").json()
    result = opened(fetch(follow(bfl, ticket)[-1]["result"]["sample"]).content).convert("RGB")
    left = (0, 0, 120, 192)
    assert result.crop(left).tobytes() == opened(data).crop(left).tobytes()


@pytest.mark.parametrize(
    ("case", "status"),
    [
        ("moderation", "Request Moderated"),
        ("moderation stage=output", "Content Moderated"),
        ("task_failed", "Error"),
        ("task_life seconds=0", "Task not found"),
    ],
)
def test_a_task_ends_in_words(bfl, case, status):
    said = follow(bfl, submit(bfl, prompt=f"x [[sim:{case}]]").json())
    assert said[-1]["status"] == status
    assert not said[-1]["result"]


def test_tasks_that_do_not_end_and_those_of_others(bfl, sim):
    ticket = submit(bfl, prompt="x [[sim:pending_forever]]").json()
    assert follow(bfl, ticket)[-1]["status"] == "Generating"
    sim.service.flux.tasks.expire()
    assert follow(bfl, ticket)[-1]["status"] == "Task not found"


def test_a_link_dies_and_the_task_with_it(bfl, sim, fetch):
    ticket = submit(bfl).json()
    sample = follow(bfl, ticket)[-1]["result"]["sample"]
    sim.service.links.expire()
    assert fetch(sample).status_code == 403


def test_a_result_of_a_gigabyte_is_made_as_it_is_read(bfl, fetch):
    ticket = submit(bfl, prompt="x [[sim:huge_result bytes=40000000]]").json()
    assert len(fetch(follow(bfl, ticket)[-1]["result"]["sample"]).content) > 39_000_000


def test_keys_are_in_a_header_of_their_own(sim):
    with connect(sim) as bearer, connect(sim, {"x-key": "wrong"}) as wrong:
        assert submit(bearer).status_code == submit(wrong).status_code == 403
    assert "test-key" not in repr(sim.requests)


def test_there_is_a_limit_of_tasks_at_once(bfl, sim):
    answers = [submit(bfl, prompt="x [[sim:pending_forever]]").status_code for _ in range(25)]
    assert answers == [200] * 24 + [429]
    assert len(sim.billed) == 24


@pytest.fixture
def comet():
    with serve("cometapi") as simulator, connect(simulator) as client:
        client.sim = simulator
        yield client


def test_flux_through_the_gateway(comet, fetch):
    answer = comet.post("/flux/v1/flux-2-pro", json={"prompt": "x", "width": 256, "height": 256}).json()
    said = follow(comet, answer)
    assert opened(fetch(said[-1]["result"]["sample"]).content).size == (256, 256)
    unknown = comet.get("/flux/v1/get_result", params={"id": "none"})
    assert (unknown.status_code, unknown.json()["status"]) == (200, "Task not found")


def imagine(comet, prompt="a lake", speed="-fast", **fields) -> dict:
    answer = comet.post(f"/mj{speed}/mj/submit/imagine", json={"prompt": prompt, **fields})
    assert answer.status_code == 200
    return answer.json()


def finish(comet, ident, most=8) -> dict:
    for _ in range(most):
        task = comet.get(f"/mj/task/{ident}/fetch").json()
        if task.get("status") not in ("NOT_START", "SUBMITTED", "IN_PROGRESS"):
            break
    return task


def press(comet, task, label, **fields) -> dict:
    custom = next(button["customId"] for button in task["buttons"] if button["label"] == label)
    return comet.post("/mj-fast/mj/submit/action", json={"taskId": task["id"], "customId": custom, **fields}).json()


def test_imagine_makes_a_grid_and_an_upscale_cuts_one_out(comet, fetch):
    accepted = imagine(comet, "a lake --ar 16:9 --seed 7", state="mine")
    assert accepted["code"] == 1
    assert len(accepted["result"]) == 16
    first, second = (comet.get(f"/mj/task/{accepted['result']}/fetch").json() for _ in range(2))
    assert (first["status"], second["status"]) == ("SUBMITTED", "IN_PROGRESS")
    assert second["progress"].endswith("%")
    draft = fetch(second["imageUrl"]).content
    task = finish(comet, accepted["result"])
    assert (task["status"], task["state"]) == ("SUCCESS", "mine")
    assert [button["label"] for button in task["buttons"]] == ["U1", "U2", "U3", "U4", "🔄", "V1", "V2", "V3", "V4"]
    grid = fetch(task["imageUrl"]).content
    assert grid != draft
    assert opened(grid).width / opened(grid).height == pytest.approx(16 / 9, rel=0.02)
    assert fetch(f"{comet.sim.base_url}/mj/image/{task['id']}").content == grid
    upscaled = finish(comet, press(comet, task, "U2")["result"])
    quarter = opened(fetch(upscaled["imageUrl"]).content)
    assert quarter.size == (opened(grid).width // 2, opened(grid).height // 2)
    assert quarter.tobytes() == opened(grid).crop((quarter.width, 0, 2 * quarter.width, quarter.height)).tobytes()
    assert [entry.pictures for entry in comet.sim.billed] == [4, 1]


def test_buttons_belong_to_one_task(comet):
    first, second = (finish(comet, imagine(comet)["result"]) for _ in range(2))
    custom = first["buttons"][0]["customId"]
    answer = comet.post("/mj-fast/mj/submit/action", json={"taskId": second["id"], "customId": custom}).json()
    assert answer["code"] == 4


def test_a_region_waits_for_its_mask(comet, fetch):
    """The task stands in MODAL until the mask comes; only then is it painted."""
    upscaled = finish(comet, press(comet, finish(comet, imagine(comet)["result"]), "U1")["result"])
    waiting = press(comet, upscaled, "Vary (Region)")
    assert waiting["code"] == 21
    assert finish(comet, waiting["result"])["status"] == "MODAL"
    body = {"taskId": waiting["result"], "prompt": "a boat", "maskBase64": uri(make_picture())}
    assert comet.post("/mj-fast/mj/submit/modal", json=body).json()["code"] == 1
    assert finish(comet, waiting["result"])["status"] == "SUCCESS"


def test_blend_and_describe(comet, fetch):
    pair = [uri(make_picture()), uri(make_picture(corner="right"))]
    blended = comet.post("/mj-fast/mj/submit/blend", json={"base64Array": pair, "dimensions": "PORTRAIT"}).json()
    grid = opened(fetch(finish(comet, blended["result"])["imageUrl"]).content)
    assert grid.width < grid.height
    assert comet.post("/mj-fast/mj/submit/blend", json={"base64Array": pair[:1]}).json()["code"] == 4
    told = comet.post("/mj-fast/mj/submit/describe", json={"base64": pair[0]}).json()
    words = finish(comet, told["result"])["properties"]["finalPrompt"]
    assert len(words.split("\n\n")) == 4


@pytest.mark.parametrize(
    ("case", "code"),
    [("moderation", 24), ("queue_full", 23), ("queued", 22), ("already_there", 21), ("ok_error", 9)],
)
def test_a_submission_is_a_200_whatever_it_means(comet, case, code):
    assert imagine(comet, f"x [[sim:{case}]]")["code"] == code
    assert len(comet.sim.billed) == (code == 22)


@pytest.mark.parametrize("prompt", ["x --ar 1.5:1", "x --seed 5000000000", "x --sref /tmp/a.png", "x --nonsense 3"])
def test_wrong_parameters_let_the_task_fail(comet, prompt):
    task = finish(comet, imagine(comet, prompt)["result"])
    assert task["status"] == "FAILURE"
    assert task["failReason"].startswith("Invalid parameter")


def test_empty_prompts_and_unknown_tasks(comet):
    assert imagine(comet, "  ")["code"] == 4
    assert comet.get("/mj/task/1234567890123456/fetch").json()["code"] == 3


def test_other_spellings_of_tasks(comet):
    number = imagine(comet, "x [[sim:number_id]]")["result"]
    assert isinstance(number, int)
    wrapped = imagine(comet, "x [[sim:wrapped_task]]")["result"]
    assert comet.get(f"/mj/task/{wrapped}/fetch").json()["result"]["id"] == wrapped


def test_a_picture_prompt_does_not_stay_in_place(fetch):
    """It is a look, not a restyle: even a painter that copies its picture does not give it back."""
    data = make_picture((256, 256))
    with Simulator(copy_picture, dialect="cometapi") as sim, connect(sim) as client:
        task = finish(client, imagine(client, "a lake", base64Array=[uri(data)])["result"])
        grid = opened(fetch(task["imageUrl"]).content)
    stream = BytesIO()
    grid.crop((0, 0, grid.width // 2, grid.height // 2)).save(stream, "PNG")
    assert likeness(stream.getvalue(), data) < 0.9


def copy_picture(job):
    """A painter that gives its last picture back."""
    return opened(job.images[-1]).resize((job.width, job.height))
