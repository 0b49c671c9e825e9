"""OpenAI's own SDK meets the image routes: what they take, refuse and charge."""

from __future__ import annotations

import base64
from io import BytesIO

import httpx
import openai
import pytest
from PIL import Image

from .conftest import connect, likeness, make_picture, opened, serve

MODEL = "gpt-image-2"


@pytest.fixture
def sim():
    with serve("openai") as simulator:
        yield simulator


def sdk(sim, key="test-key", retries=0) -> openai.OpenAI:
    transport = httpx.Client(trust_env=False, verify=False)
    return openai.OpenAI(api_key=key, base_url=f"{sim.base_url}/v1", max_retries=retries, http_client=transport)


@pytest.fixture
def client(sim):
    with sdk(sim) as client:
        yield client


@pytest.fixture
def painter():
    """A client of a server that paints what it is given."""
    with serve("openai", painted=True) as simulator, sdk(simulator) as client:
        yield client


def decoded(answer) -> bytes:
    return base64.b64decode(answer.data[0].b64_json)


def masked(size, width) -> bytes:
    """A mask whose right part is transparent."""

    mask = Image.new("RGBA", size, (0, 0, 0, 255))
    mask.paste((0, 0, 0, 0), (width, 0, *size))
    stream = BytesIO()
    mask.save(stream, "PNG")
    return stream.getvalue()


def test_a_generation_has_the_pixels_and_the_usage_that_were_asked_for(client, sim):
    answer = client.images.generate(model=MODEL, prompt="a lake", size="1536x864", quality="low", output_format="webp")
    assert opened(decoded(answer)).size == (1536, 864)
    assert opened(decoded(answer)).format == "WEBP"
    assert answer.usage.total_tokens == answer.usage.input_tokens + answer.usage.output_tokens
    (paid,) = sim.billed
    assert (paid.model, paid.pictures) == (MODEL, 1)
    assert 0 < paid.usd < 0.05


def test_an_edit_follows_the_first_picture(painter):
    """The others come after it; the SDK repeats ``image[]``."""
    first, other = make_picture((640, 480)), make_picture((640, 480), corner="right")
    files = [("a.png", first, "image/png"), ("b.png", other, "image/png")]
    answer = painter.images.edit(model=MODEL, image=files, prompt="as an oil painting", size="960x720")
    assert opened(decoded(answer)).size == (960, 720)
    assert likeness(decoded(answer), first) > 0.8


def test_without_a_size_the_first_picture_chooses_one_of_three(client):
    picture = ("a.png", make_picture((640, 480)), "image/png")
    assert opened(decoded(client.images.edit(model=MODEL, image=picture, prompt="x"))).size == (1536, 1024)


def test_a_mask_is_advice_and_leaks(painter):
    """Where it is transparent all is new; outside of it something changes as well."""
    first = make_picture((832, 832))
    answer = painter.images.edit(
        model=MODEL,
        image=("a.png", first, "image/png"),
        mask=("m.png", masked((832, 832), 416), "image/png"),
        prompt="a painting",
        size="832x832",
    )
    result, before = opened(decoded(answer)).convert("RGB"), opened(first)
    outside = [
        abs(one - other) for one, other in zip(result.getpixel((100, 700)), before.getpixel((100, 700)), strict=True)
    ]
    inside = [
        abs(one - other) for one, other in zip(result.getpixel((700, 700)), before.getpixel((700, 700)), strict=True)
    ]
    assert 0 < sum(outside) < sum(inside)


@pytest.mark.parametrize(
    ("options", "code", "param"),
    [
        ({"size": "1000x1000"}, "invalid_value", "size"),
        ({"size": "3200x800"}, "invalid_value", "size"),
        ({"size": "512x512"}, "invalid_value", "size"),
        ({"size": "4096x2048"}, "invalid_value", "size"),
        ({"size": "16:9"}, "invalid_value", "size"),
        ({"quality": "xhigh"}, "invalid_value", "quality"),
        ({"n": 11}, "invalid_value", "n"),
        ({"background": "transparent", "output_format": "jpeg"}, "invalid_value", "background"),
        ({"extra_body": {"seed": 4}}, "unknown_parameter", "seed"),
        ({"extra_body": {"negative_prompt": "x"}}, "unknown_parameter", "negative_prompt"),
        ({"response_format": "url"}, "unknown_parameter", "response_format"),
    ],
)
def test_a_field_out_of_its_bounds_is_a_400_and_costs_nothing(client, sim, options, code, param):
    with pytest.raises(openai.BadRequestError) as refused:
        client.images.generate(model=MODEL, prompt="x", **options)
    assert (refused.value.code, refused.value.param) == (code, param)
    assert sim.billed == []


@pytest.mark.parametrize("model", ["gpt-image-1", "dall-e-3", "nothing"])
def test_models_that_are_shut_down_are_unknown(client, model):
    with pytest.raises(openai.NotFoundError) as refused:
        client.images.generate(model=model, prompt="x")
    assert refused.value.code == "model_not_found"


def test_snapshots_have_a_date(client):
    assert client.images.generate(model="gpt-image-2.5-flare-2026-09-08", prompt="x", quality="max").data


@pytest.mark.parametrize(("key", "text"), [("wrong-key-1", "Incorrect API key"), ("", "didn't provide")])
def test_a_wrong_key_is_a_401(sim, key, text):
    with pytest.raises(openai.AuthenticationError) as refused, sdk(sim, key or "x") as client:
        client.images.generate(model=MODEL, prompt="x", extra_headers={} if key else {"Authorization": ""})
    assert text in str(refused.value)
    assert "test-key" not in repr(sim.requests)


def bad_files() -> dict:
    picture, small = ("a.png", make_picture((256, 256)), "image/png"), masked((64, 64), 32)
    return {
        "too many": ({"image": [picture] * 17}, "image"),
        "other type": ({"image": ("a.gif", b"GIF89a...", "image/gif")}, "image"),
        "wrong label": ({"image": ("a.png", picture[1], "application/octet-stream")}, "image"),
        "mask of another size": ({"image": picture, "mask": ("m.png", small, "image/png")}, "mask"),
        "mask without alpha": ({"image": picture, "mask": picture}, "mask"),
        "fidelity": ({"image": picture, "input_fidelity": "high"}, "input_fidelity"),
    }


@pytest.mark.parametrize("name", bad_files())
def test_a_file_that_does_not_fit_is_a_400(client, sim, name):
    options, param = bad_files()[name]
    with pytest.raises(openai.BadRequestError) as refused:
        client.images.edit(model=MODEL, prompt="x", **options)
    assert refused.value.param == param
    assert sim.billed == []


def test_an_edit_is_a_form(sim):
    """JSON is refused, and so is a body that breaks off."""
    with connect(sim) as plain:
        assert plain.post("/v1/images/edits", json={"model": MODEL, "prompt": "x"}).status_code == 400
        kind = {"Content-Type": "multipart/form-data; boundary=b"}
        part = b'--b\r\nContent-Disposition: form-data; name="prompt"\r\n\r\nx\r\n'
        assert plain.post("/v1/images/edits", content=part, headers=kind).status_code == 400


def test_events_bring_drafts_and_then_the_picture(client):
    stream = client.images.generate(model=MODEL, prompt="x", stream=True, partial_images=2, size="1024x1024")
    events = list(stream)
    assert [event.type for event in events] == ["image_generation.partial_image"] * 2 + ["image_generation.completed"]
    assert opened(base64.b64decode(events[-1].b64_json)).size == (1024, 1024)
    assert events[-1].usage.output_tokens > 200


def test_moderation_and_limits_have_their_own_codes(client, sim):
    with pytest.raises(openai.BadRequestError) as refused:
        client.images.generate(model=MODEL, prompt="x [[sim:moderation]]")
    assert refused.value.code == "moderation_blocked"
    with pytest.raises(openai.RateLimitError) as limited:
        client.images.generate(model=MODEL, prompt="x [[sim:rate_limited seconds=7]]")
    assert limited.value.response.headers["retry-after"] == "7"
    with pytest.raises(openai.RateLimitError) as empty:
        client.images.generate(model=MODEL, prompt="x [[sim:out_of_credit]]")
    assert empty.value.code == "insufficient_quota"
    assert sim.billed == []


def test_a_repeated_request_is_paid_again(sim):
    """The SDK retries after a 503; what was painted before a broken connection is paid twice."""
    with sdk(sim, retries=1) as client:
        client.images.generate(model=MODEL, prompt="a [[sim:503_overloaded times=1]]")
        assert len(sim.billed) == 1
        client.images.generate(model=MODEL, prompt="b [[sim:close_in_body times=1]]")
    assert [entry.digest for entry in sim.billed[1:]] == [sim.billed[1].digest] * 2


def test_a_picture_without_end_is_made_piece_by_piece(sim):
    body = {"model": MODEL, "prompt": "x [[sim:huge_b64 bytes=50000000]]"}
    with connect(sim) as plain, plain.stream("POST", "/v1/images/generations", json=body) as answer:
        assert sum(len(piece) for piece in answer.iter_bytes()) > 45_000_000


def test_a_transparent_background_is_transparent(client):
    answer = client.images.generate(model=MODEL, prompt="x", background="transparent", size="1024x1024")
    assert opened(decoded(answer)).getpixel((2, 2))[3] == 0


@pytest.mark.parametrize(
    "case", ["not_an_image", "truncated_image", "bad_base64", "no_pictures", "html_200", "ok_error"]
)
def test_faults_of_answers_work_here_too(sim, case):
    with connect(sim) as plain:
        answer = plain.post("/v1/images/generations", json={"model": MODEL, "prompt": f"x [[sim:{case}]]"})
    assert answer.status_code == 200
    assert case in sim.requests[0].cases
