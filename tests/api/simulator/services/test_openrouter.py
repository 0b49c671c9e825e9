"""OpenRouter: typed capabilities, the price in the answer, and the chat form, spoken to by OpenAI's SDK."""

from __future__ import annotations

import base64

import httpx
import openai
import pytest

from .conftest import connect, likeness, make_picture, opened, serve, uri

SEEDREAM, FLUX, NANO = "bytedance-seed/seedream-4.5", "black-forest-labs/flux.2-pro", "google/gemini-3-pro-image"


@pytest.fixture
def sim():
    with serve("openrouter") as simulator:
        yield simulator


@pytest.fixture
def router(sim):
    with connect(sim) as client:
        yield client


def ask(client, **fields):
    return client.post("/api/v1/images", json={"model": FLUX, "prompt": "a lake", **fields})


def reference(data: bytes) -> dict:
    return {"type": "image_url", "image_url": {"url": uri(data)}}


def decoded(answer) -> bytes:
    return base64.b64decode(answer.json()["data"][0]["b64_json"])


def test_capabilities_and_prices_are_data(router):
    models = {
        entry["id"]: entry["supported_parameters"] for entry in router.get("/api/v1/images/models").json()["data"]
    }
    assert models[SEEDREAM]["resolution"] == {"type": "enum", "values": ["2K", "4K"]}
    assert models[SEEDREAM]["n"] == {"type": "range", "min": 1, "max": 10}
    assert models[SEEDREAM]["seed"] == {"type": "boolean"}
    assert "seed" not in models[NANO]
    endpoints = router.get(f"/api/v1/images/models/{FLUX}/endpoints").json()["endpoints"]
    assert endpoints[0]["pricing"] == [{"billable": "output_image", "cost_usd": 0.03, "unit": "megapixel"}]
    assert router.get("/api/v1/images/models/no/model/endpoints").status_code == 404


def test_the_answer_tells_the_price_that_is_billed(router, sim):
    answer = ask(router, aspect_ratio="16:9", resolution="1K").json()
    assert answer["usage"]["cost"] == pytest.approx(sim.billed[0].usd)
    assert answer["usage"]["cost"] == pytest.approx(0.03, rel=0.2)


def test_references_give_the_shapes_and_auto_the_ratio():
    data = make_picture((640, 360))
    with serve("openrouter", painted=True) as sim, connect(sim) as client:
        picture = decoded(
            ask(client, model="google/gemini-3.1-flash-image", resolution="512", input_references=[reference(data)])
        )
    assert opened(picture).width / opened(picture).height == pytest.approx(16 / 9, rel=0.03)
    assert likeness(picture, data) > 0.8


def test_what_a_model_does_not_take_is_clamped_without_a_word(router):
    """A resolution, a number, a ratio that it lacks."""
    assert max(opened(decoded(ask(router, resolution="4K"))).size) < 2048
    assert len(ask(router, n=4).json()["data"]) == 1
    assert opened(decoded(ask(router, aspect_ratio="8:1"))).size == (1024, 1024)


@pytest.mark.parametrize(
    ("fields", "status", "word"),
    [
        ({"model": "no/model"}, 404, "No endpoints"),
        ({"prompt": None}, 400, "prompt"),
        ({"aspect_ratio": "5:3"}, 400, "aspect_ratio"),
        ({"resolution": "8K"}, 400, "resolution"),
        ({"resolution": "1K", "size": "1024x1024"}, 400, "size"),
        ({"n": 11}, 400, "n"),
        ({"input_references": [reference(make_picture())] * 17}, 400, "input_references"),
        ({"input_references": [reference(make_picture())] * 9}, 400, "at most 8"),
        ({"input_references": [{"url": "x"}]}, 400, "input_references"),
        ({"strength": 0.5}, 400, "strength"),
        ({"prompt": "x [[sim:moderation]]"}, 403, "flagged"),
        ({"prompt": "x [[sim:out_of_credit]]"}, 402, "credits"),
        ({"prompt": "x [[sim:rate_limited]]"}, 429, "Rate limit"),
    ],
)
def test_refusals_have_the_status_in_the_body_and_cost_nothing(router, sim, fields, status, word):
    answer = ask(router, **fields)
    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (status, status)
    assert word in error["message"]
    assert sim.billed == []


def test_a_200_may_be_an_error(router):
    answer = ask(router, prompt="x [[sim:ok_error]]")
    assert answer.status_code == 200
    assert answer.json()["error"]["message"] == "Provider returned error"


def test_keys(sim):
    with connect(sim, {}) as nobody, connect(sim, {"Authorization": "Bearer wrong"}) as wrong:
        assert [ask(client).status_code for client in (nobody, wrong)] == [401, 401]


@pytest.fixture
def sdk(sim):
    transport = httpx.Client(trust_env=False, verify=False)
    with openai.OpenAI(
        api_key="test-key", base_url=f"{sim.base_url}/api/v1", max_retries=0, http_client=transport
    ) as client:
        yield client


def chat(client, messages, **more):
    return client.chat.completions.create(model=NANO, messages=messages, modalities=["image", "text"], extra_body=more)


def test_a_chat_answers_with_a_data_uri_and_takes_it_back(sdk, sim):
    parts = [{"type": "text", "text": "a lake"}, reference(make_picture())]
    first = chat(sdk, [{"role": "user", "content": parts}], image_config={"aspect_ratio": "16:9", "image_size": "2K"})
    message = first.choices[0].message
    url = message.images[0]["image_url"]["url"]
    picture = opened(base64.b64decode(url.partition(",")[2]))
    assert picture.width / picture.height == pytest.approx(16 / 9, rel=0.03)
    assert picture.width > 2000
    assert first.usage.cost == pytest.approx(0.134)
    turn = {"role": "assistant", "content": message.content, "images": message.images}
    again = chat(sdk, [{"role": "user", "content": parts}, turn, {"role": "user", "content": "and a boat"}])
    assert again.choices[0].message.images
    assert sim.requests[-1].prompt == "and a boat"
    assert len(sim.billed) == 2


def test_a_chat_without_the_image_modality_or_a_last_user_is_refused(sdk):
    with pytest.raises(openai.BadRequestError, match="modalities"):
        sdk.chat.completions.create(model=NANO, messages=[{"role": "user", "content": "x"}])
    with pytest.raises(openai.BadRequestError, match="user"):
        chat(sdk, [{"role": "assistant", "content": "x"}])
    with pytest.raises(openai.NotFoundError):
        sdk.chat.completions.create(model="no/model", messages=[{"role": "user", "content": "x"}], modalities=["image"])
