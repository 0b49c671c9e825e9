"""Seedream on Ark and through CometAPI: sizes, references, sequences, links, and the gateway's other families."""

from __future__ import annotations

import base64

import pytest

from .conftest import connect, likeness, make_picture, opened, serve, uri

LITE, PRO, OLD = "seedream-5-0-260128", "dola-seedream-5-0-pro-260628", "seedream-4-5-251128"
PATH = "/api/v3/images/generations"


@pytest.fixture
def sim():
    with serve("ark") as simulator:
        yield simulator


@pytest.fixture
def ark(sim):
    with connect(sim) as client:
        yield client


def ask(client, path=PATH, **fields):
    body = {"model": OLD, "prompt": "a lake", "size": "2048x2048", "response_format": "b64_json", "watermark": False}
    return client.post(path, json={**body, **fields})


def decoded(answer) -> bytes:
    return base64.b64decode(answer.json()["data"][0]["b64_json"])


def test_an_exact_size_is_kept_and_the_structure_is_the_last_picture():
    first, last = make_picture((320, 240)), make_picture((320, 240), corner="right")
    with serve("ark", painted=True) as sim, connect(sim) as client:
        answer = ask(client, model="seedream-4-0-250828", size="1110x832", image=[uri(first), uri(last)])
        assert opened(decoded(answer)).size == (1110, 832)
        assert likeness(decoded(answer), last) > 0.8
        assert answer.json()["data"][0]["size"] == "1110x832"
        assert answer.json()["usage"]["generated_images"] == 1
        assert sim.billed[0].usd == pytest.approx(0.03)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"size": "1K"}, "not supported"),
        ({"size": "16:9"}, "not supported"),
        ({"size": "adaptive"}, "not supported"),
        ({"size": "1024x1024"}, "image size must be at least 3686400 pixels"),
        ({"size": "8192x4096"}, "at most 16777216 pixels"),
        ({"size": "3001x2000"}, "even"),
        ({"model": PRO, "size": "4096x4096"}, "at most"),
        ({"image": [uri(make_picture((64, 64)))] * 15}, "at most 14"),
        ({"image": uri(make_picture((8, 8)))}, "15 to 6000"),
        ({"image": base64.b64encode(make_picture()).decode()}, "data:image"),
        ({"image": uri(make_picture(), "image/PNG")}, "lower case"),
        ({"image": "https://example.com/a.png"}, "could not be downloaded"),
        ({"output_format": "png"}, "not supported"),
        ({"model": PRO, "sequential_image_generation": "auto"}, "not supported"),
        ({"response_format": "png"}, "not supported"),
        ({"prompt": None}, "required"),
    ],
)
def test_what_does_not_fit_is_a_400_with_the_field_and_costs_nothing(ark, sim, fields, words):
    answer = ask(ark, **fields)
    error = answer.json()["error"]
    assert answer.status_code == 400
    assert words in error["message"]
    assert "Request id" in error["message"]
    assert error["code"] == ("MissingParameter" if words == "required" else "InvalidParameter")
    assert sim.billed == []


def test_a_tier_lets_the_model_choose_the_shape(ark):
    """Even without a picture it is not square; without a size it is."""
    width, height = opened(decoded(ask(ark, size="2K"))).size
    assert width != height
    assert abs(width * height - 2048 * 2048) < 20_000
    assert opened(decoded(ask(ark, size=None))).size == (2048, 2048)


def test_the_mark_is_there_unless_it_is_turned_off(ark):
    marked, plain = (opened(decoded(ask(ark, watermark=value))).convert("RGB") for value in (None, False))
    corner = (1700, 2000)
    assert marked.getpixel(corner) != plain.getpixel(corner)
    assert marked.getpixel((10, 10)) == plain.getpixel((10, 10))


def test_a_sequence_shares_its_fifteen_with_the_references_and_bills_what_comes(ark, sim):
    auto = {"sequential_image_generation": "auto", "sequential_image_generation_options": {"max_images": 4}}
    answer = ask(ark, prompt="x [[sim:sequence_partial]]", **auto).json()
    assert ["error" in item for item in answer["data"]] == [False, True, False, False]
    assert answer["usage"]["generated_images"] == sim.billed[0].pictures == 3
    too_many = {**auto, "sequential_image_generation_options": {"max_images": 14}}
    assert ask(ark, image=[uri(make_picture())] * 2, **too_many).status_code == 400


def test_links_need_every_character_and_no_key(ark, sim, fetch):
    """They die; a cut signature, a key or a referer is refused."""
    url = ask(ark, response_format="url").json()["data"][0]["url"]
    picture = fetch(url)
    assert opened(picture.content).size == (2048, 2048)
    assert fetch(url.partition("&")[0]).status_code == 403
    for header in ("Authorization", "Cookie", "Referer"):
        assert fetch(url, headers={header: "x"}).status_code == 400
    sim.service.links.expire()
    assert "expired" in fetch(url).text
    assert len(sim.billed) == 1


@pytest.mark.parametrize(
    ("case", "status"),
    [
        ("result_redirect to=http://169.254.169.254/latest", 302),
        ("html_result", 200),
        ("flaky_result", 503),
        ("link_life seconds=0", 403),
    ],
)
def test_links_go_wrong_on_demand(ark, fetch, case, status):
    url = ask(ark, prompt=f"x [[sim:{case}]]", response_format="url").json()["data"][0]["url"]
    answer = fetch(url)
    assert answer.status_code == status
    if case.startswith("flaky"):
        assert fetch(url).status_code == 200
    if status == 302:
        assert answer.headers["location"] == "http://169.254.169.254/latest"


def test_a_link_may_lead_over_hops_and_on_another_host(ark, fetch):
    answer = ask(
        ark, prompt="x [[sim:result_redirect hops=3]] [[sim:result_host host=localhost]]", response_format="url"
    )
    url = answer.json()["data"][0]["url"]
    assert url.startswith("http://localhost:")
    found = fetch(url, follow_redirects=True)
    assert len(found.history) == 3
    assert opened(found.content).size == (2048, 2048)


def test_events_of_a_stream(ark):
    answer = ask(ark, stream=True)
    kinds = [line[7:] for line in answer.text.splitlines() if line.startswith("event: ")]
    assert kinds == ["image_generation.partial_succeeded", "image_generation.completed"]


@pytest.mark.parametrize(
    ("fields", "status", "code"),
    [
        ({"prompt": "x [[sim:moderation]]"}, 400, "InputTextRiskDetection"),
        ({"prompt": "x [[sim:moderation stage=output]]"}, 400, "OutputImageRiskDetection"),
        ({"prompt": "x [[sim:not_activated]]"}, 404, "ModelNotOpen"),
        ({"model": "doubao-seedream-4-5-251128"}, 404, "InvalidEndpointOrModel.NotFound"),
        ({"prompt": "x [[sim:rate_limited]]"}, 429, "RateLimitExceeded"),
        ({"prompt": "x [[sim:out_of_credit]]"}, 403, "AccountOverdueError"),
    ],
)
def test_refusals_have_arks_codes(ark, sim, fields, status, code):
    answer = ask(ark, **fields)
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
    assert sim.billed == []


def test_keys_and_other_routes(sim, ark):
    with connect(sim, {}) as stranger:
        assert ask(stranger).status_code == 401
    assert ark.post("/api/v3/images/edits", json={}).status_code == 404


@pytest.fixture
def comet():
    with serve("cometapi") as sim, connect(sim) as client:
        client.sim = sim
        yield client


def test_the_catalogue_needs_no_key_and_has_prices(comet):
    with connect(comet.sim, {}) as stranger:
        tree = stranger.get("/api/models").json()
        assert stranger.get("/v1/models").status_code in (401, 403)
    prices = {entry["id"]: entry["pricing"] for entry in tree["data"]}
    assert tree["total"] == len(tree["data"])
    assert prices["doubao-seedream-4-5-251128"]["per_request"] == 0.032
    assert prices["gpt-image-2"]["currency"] == "USD / M Tokens"
    assert {"mj_fast_imagine", "flux-2-pro"} <= set(prices)
    listed = [entry["id"] for entry in comet.get("/v1/models").json()["data"]]
    assert "doubao-seedream-4-5-251128" in listed


def test_the_gateway_serves_seedream_and_gpt_image_under_one_path(comet):
    fields = {"path": "/v1/images/generations", "model": "doubao-seedream-4-5-251128"}
    assert opened(decoded(ask(comet, **fields))).size == (2048, 2048)
    body = {"model": "gpt-image-2", "prompt": "x", "size": "1024x1024"}
    assert opened(decoded(comet.post("/v1/images/generations", json=body))).size == (1024, 1024)
    files = {"image": ("a.png", make_picture((256, 256)), "image/png")}
    edited = comet.post("/v1/images/edits", data={"model": "gpt-image-2", "prompt": "x"}, files=files)
    assert opened(decoded(edited)).size == (1024, 1024)
    assert len(comet.sim.billed) == 3


def test_the_gateways_errors_are_its_own(comet):
    path = "/v1/images/generations"
    small = ask(comet, path, model="doubao-seedream-4-5-251128", size="64x64")
    assert (small.status_code, small.json()["error"]["type"]) == (400, "comet_api_error")
    assert "(request id: " in small.json()["error"]["message"]
    unknown = ask(comet, path, model="seedream-4-5-251128")
    assert (unknown.status_code, unknown.json()["error"]["code"]) == (503, "model_not_found")
    broken = comet.post(path, content=b"{", headers={"Content-Type": "application/json"})
    assert (broken.status_code, broken.json()["error"]["code"]) == (500, "invalid_request")


def test_a_path_that_the_gateway_lacks_is_a_redirect_to_a_page(comet):
    answer = comet.post("/v1/pictures", json={})
    assert answer.status_code == 301
    assert answer.headers["content-type"].startswith("text/html")
