"""Malformed requests that no SDK would send, and the error that each one gets."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from devtools.simulator import solid
from devtools.simulator.server import Simulator
from nano_banana_addon.simulator.contract.body import BodyReader, LongString

PRO, LITE, FLASH_25 = "gemini-3-pro-image", "gemini-3.1-flash-lite-image", "gemini-2.5-flash-image"
NANO_21, TEXT_MODEL = "gemini-nano-banana-2.1", "gemini-2.5-flash"
Post = Callable[..., httpx.Response]
Build = Callable[..., dict[str, Any]]
UNKNOWN = 'Invalid JSON payload received. Unknown name "{}"{}: Cannot find field.'


def error(answer: httpx.Response, code: int = 400, status: str = "INVALID_ARGUMENT") -> str:
    body = answer.json()["error"]
    assert (answer.status_code, body["code"], body["status"]) == (code, code, status), body
    return str(body["message"])


def configured(build: Build, **config: Any) -> dict[str, Any]:
    return {**build(), "generationConfig": config}


def test_a_call_without_a_key_is_a_403(sim: Simulator, request_with: Build) -> None:
    """Contract case 1: 403 PERMISSION_DENIED."""
    path = f"{sim.base_url}/v1beta/models/{PRO}:generateContent"
    answer = httpx.post(path, json=request_with(), trust_env=False, verify=False)
    assert "unregistered callers" in error(answer, 403, "PERMISSION_DENIED")


def test_a_key_in_the_address_is_refused(sim: Simulator) -> None:
    """Contract case 2: refused, whatever the key, and never remembered."""
    answer = httpx.get(f"{sim.base_url}/v1beta/models?key=test-key", trust_env=False, verify=False)
    assert "header" in error(answer)
    assert "test-key" not in repr(sim.requests)


def test_white_space_around_the_key_is_refused(sim: Simulator) -> None:
    """Contract case 3: a key copied with a blank behind it is not valid."""
    answer = _raw(sim, b"GET /v1beta/models HTTP/1.1\r\nHost: x\r\nx-goog-api-key: test-key \r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 400")
    assert b"API_KEY_INVALID" in answer


def test_white_space_is_no_part_of_any_key() -> None:
    """Contract case 3: also where any key is fine."""
    head = b"GET /v1beta/models HTTP/1.1\r\nHost: x\r\nx-goog-api-key: any "
    with Simulator(solid.paint, keys=None) as sim:
        assert b"API_KEY_INVALID" in _raw(sim, head + b"\r\n\r\n")


@pytest.mark.parametrize("size", [1, 2, 3, 7, 64, 1000, 10**6])
def test_a_body_reads_the_same_however_it_is_cut(size: int) -> None:
    """Long strings are set aside while they come: escapes and quotes at any border are safe."""
    texts = [
        '"\\' * 400,
        "\\" * 1001,
        "a" * 600 + '\n\t"',
        "猫" * 300,
        "",
        'short "q"',
        '\\"' * 333,
    ]
    body = {"k" * 700: texts, "n": [1, None, True, {"deep": texts[0]}]}
    for ascii_only in (True, False):
        data = json.dumps(body, ensure_ascii=ascii_only).encode()
        skimmer = BodyReader()
        for start in range(0, len(data), size):
            skimmer.feed(data[start : start + size])
        assert _plain(skimmer.build_tree()) == body


def _plain(tree: Any) -> Any:
    if isinstance(tree, LongString):
        return tree.to_text()
    if isinstance(tree, dict):
        return {name: _plain(value) for name, value in tree.items()}
    return [_plain(value) for value in tree] if isinstance(tree, list) else tree


def test_offline_takes_any_key_and_none(request_with: Build) -> None:
    """keys=None: the product's Offline provider needs no key."""
    with Simulator(solid.paint, keys=None) as sim:
        path = f"{sim.base_url}/v1/models/{PRO}:generateContent"
        for headers in ({}, {"x-goog-api-key": "whatever"}):
            answer = httpx.post(path, json=request_with(), headers=headers, trust_env=False, verify=False)
            assert answer.status_code == 200


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"not json", "Invalid JSON payload"),
        (b"", "Invalid JSON payload"),
        (b'{"contents":[{"parts":[{"text":"' + b"a" * 5000, "Invalid JSON payload"),
        (b'{"contents": NaN}', "Invalid JSON payload"),
        (b"\xff\xfe{}", "Invalid JSON payload"),
        (b"[" * 50_000, "Invalid JSON payload"),
        (b"[]", "Root element must be a message"),
        (b"{}", "contents is not specified"),
        (b'{"contents":[]}', "contents is not specified"),
        (b'{"contents":"x"}', "Invalid value at 'contents'"),
        (b'{"contents":[{"parts":[{"text":7}]}]}', "'contents[0].parts[0].text' (TYPE_STRING), 7"),
    ],
)
def test_no_json_or_no_contents_is_a_400(http: httpx.Client, content: bytes, text: str) -> None:
    """Contract case 5: one clean 400 each, and the connection goes on."""
    path = f"/v1beta/models/{PRO}:generateContent"
    assert text in error(http.post(path, content=content))
    assert http.get(f"/v1beta/models/{PRO}").status_code == 200


@pytest.mark.parametrize(
    ("body", "name", "place"),
    [
        ({"size": "2K"}, "size", ""),
        ({"generationConfig": {"n": 2}}, "n", " at 'generation_config'"),
        (
            {"generationConfig": {"negativePrompt": "x"}},
            "negativePrompt",
            " at 'generation_config'",
        ),
        (
            {"generationConfig": {"imageConfig": {"imageOutputOptions": {}}}},
            "imageOutputOptions",
            " at 'generation_config.image_config'",
        ),
        (
            {"generationConfig": {"imageConfig": {"personGeneration": "ALLOW_ALL"}}},
            "personGeneration",
            " at 'generation_config.image_config'",
        ),
        (
            {"generationConfig": {"responseFormat": {"aspectRatio": "16:9"}}},
            "aspectRatio",
            " at 'generation_config.response_format'",
        ),
        ({"contents": [{"parts": [{"image": 1}]}]}, "image", " at 'contents[0].parts[0]'"),
    ],
)
def test_unknown_fields_are_refused_with_their_path(
    post: Post, request_with: Build, body: dict[str, Any], name: str, place: str
) -> None:
    """Contract case 6: named with its path."""
    assert UNKNOWN.format(name, place) in error(post({**request_with(), **body}))


def test_every_problem_is_named(post: Post, request_with: Build) -> None:
    """Contract case 6: several problems are one message of several lines, and field violations."""
    answer = post({**request_with(), "size": 1, "generationConfig": {"n": 1, "seed": "many"}})
    message = error(answer)
    assert len(message.split("\n")) == 3
    [detail] = answer.json()["error"]["details"]
    assert detail["@type"].endswith("BadRequest")
    fields = [entry.get("field", "") for entry in detail["fieldViolations"]]
    assert fields == ["", "generation_config", "generation_config.seed"]


def test_both_spellings_are_taken_but_not_twice(post: Post, request_with: Build, picture: Callable[..., bytes]) -> None:
    """Contract case 7: snake_case and camelCase, mixed at will; one field in both is refused."""
    data = base64.b64encode(picture()).decode()
    inline = {"inline_data": {"mime_type": "image/png", "data": data}}
    body = {
        "contents": [{"parts": [{"text": "x"}, inline]}],
        "generation_config": {"imageConfig": {"aspect_ratio": "16:9", "imageSize": "2K"}},
    }
    assert post(body).status_code == 200
    twice = {**request_with(), "generationConfig": {}, "generation_config": {}}
    assert "more than once" in error(post(twice))


@pytest.mark.parametrize("version", ["v1", "v1beta"])
def test_response_format_takes_enums_only(post: Post, request_with: Build, version: str) -> None:
    """Contract case 8: the documented strings are refused, enums work, both forms do not."""

    def form(ratio: str, size: str) -> dict[str, Any]:
        return {"image": {"aspectRatio": ratio, "imageSize": size}}

    natural = configured(request_with, responseFormat=form("16:9", "IMAGE_SIZE_TWO_K"))
    expected = (
        "Invalid value at 'generation_config.response_format.image.aspect_ratio' "
        f"(type.googleapis.com/google.ai.generativelanguage.{version}.ImageResponseFormat."
        'AspectRatio), "16:9"'
    )
    assert error(post(natural, version=version)) == expected
    enums = form("ASPECT_RATIO_TWENTY_ONE_BY_NINE", "IMAGE_SIZE_TWO_K")
    answer = post(configured(request_with, responseFormat=enums), version=version)
    assert answer.status_code == 200
    both = configured(request_with, responseFormat=enums, imageConfig={"aspectRatio": "1:1"})
    error(post(both, version=version))


@pytest.mark.parametrize(
    ("model", "size", "exact"),
    [
        (PRO, "4k", False),
        (PRO, "512px", False),
        (PRO, "2048", False),
        (PRO, "512", True),
        (NANO_21, "512", True),
        (LITE, "2K", True),
        (FLASH_25, "1K", True),
    ],
)
def test_a_size_that_the_model_lacks_is_refused(
    post: Post, request_with: Build, model: str, size: str, exact: bool
) -> None:
    """Contract case 9: what a model does not make is refused, never ignored."""
    message = error(post(request_with(imageSize=size), model=model))
    assert not exact or message == "Request contains an invalid argument."


@pytest.mark.parametrize("ratio", ["4:1", "16x9", "auto", "1.78", "", "9:16 "])
def test_a_ratio_that_the_model_lacks_is_refused(post: Post, request_with: Build, ratio: str) -> None:
    """Contract case 10: only the documented ratios; 4:1 is not one of Pro's."""
    error(post(request_with(aspectRatio=ratio)))


@pytest.mark.parametrize(
    ("model", "config", "text"),
    [
        (TEXT_MODEL, {"imageConfig": {"aspectRatio": "1:1"}}, "Aspect ratio is not enabled"),
        (TEXT_MODEL, {"responseModalities": ["TEXT", "IMAGE"]}, "response modalities"),
        (PRO, {"responseModalities": ["TEXT"]}, "response modalities"),
        (PRO, {"responseModalities": ["IMAGE", "AUDIO"]}, "response modalities"),
        (PRO, {"candidateCount": 2}, "Multiple candidates is not enabled for this model"),
        (PRO, {"temperature": 1.5}, "temperature"),
        (PRO, {"temperature": "hot"}, "'generation_config.temperature' (TYPE_FLOAT)"),
        (PRO, {"seed": 2**31}, "TYPE_INT32"),
        (PRO, {"responseMimeType": "application/json"}, "invalid argument"),
        (
            PRO,
            {"thinkingConfig": {"thinkingLevel": "MINIMAL"}},
            "Thinking level MINIMAL is not supported for this model. Please retry with other",
        ),
        (PRO, {"thinkingConfig": {"thinkingBudget": 100}}, "invalid argument"),
        (FLASH_25, {"mediaResolution": "MEDIA_RESOLUTION_HIGH"}, "Media resolution"),
    ],
)
def test_a_wrong_configuration_is_refused(
    post: Post, request_with: Build, model: str, config: dict[str, Any], text: str
) -> None:
    """Contract cases 11 to 13: modalities, candidates, temperature, thinking."""
    assert text in error(post({**request_with(), "generationConfig": config}, model=model))


@pytest.mark.parametrize(
    ("model", "extra", "text"),
    [
        (FLASH_25, {"systemInstruction": {"parts": {"text": "x"}}}, "Developer instruction"),
        (
            PRO,
            {"tools": [{"googleSearch": {"searchTypes": {"imageSearch": {}}}}]},
            "Image search is not supported",
        ),
        (LITE, {"tools": [{"googleSearch": {}}]}, "Search as tool is not enabled"),
        (PRO, {"tools": [{"codeExecution": {}}]}, "other than search"),
        (PRO, {"safetySettings": [{"category": "HARM_CATEGORY_IMAGE_HATE"}]}, "HarmCategory"),
    ],
)
def test_options_are_refused_where_the_model_lacks_them(
    post: Post, request_with: Build, model: str, extra: dict[str, Any], text: str
) -> None:
    """Contract case 13: system instruction, tools and safety settings per model."""
    assert text in error(post({**request_with(), **extra}, model=model))


@pytest.mark.parametrize(
    "good",
    [
        {"generationConfig": {"responseModalities": ["Text", "Image"], "temperature": 1}},
        {"generationConfig": {"thinkingConfig": {"thinkingLevel": "high"}, "seed": "42"}},
        {"generationConfig": {"mediaResolution": "MEDIA_RESOLUTION_LOW", "topP": 0.9}},
        {"systemInstruction": {"parts": [{"text": "x"}]}, "serviceTier": "flex"},
        {"safetySettings": [{"category": "HARM_CATEGORY_HARASSMENT", "threshold": "OFF"}]},
        {"tools": [{"googleSearch": {}}], "generationConfig": None},
    ],
)
def test_every_documented_parameter_is_taken(post: Post, request_with: Build, good: dict[str, Any]) -> None:
    """The other side of contract case 6: nothing that is documented is refused."""
    answer = post({**request_with(), **good})
    assert answer.status_code == 200
    assert answer.headers["x-gemini-service-tier"] == good.get("serviceTier", "standard")


def standard(data: bytes) -> str:
    return base64.b64encode(data).decode()


def url_safe_only(make: Callable[..., bytes]) -> str:
    """A picture whose base64 needs the URL-safe letters."""
    for shade in range(256):
        text = base64.urlsafe_b64encode(make("JPEG", (40, 40), (shade, 99, 7))).decode()
        if "-" in text and "_" in text:
            return text
    raise AssertionError("no such picture")


@pytest.mark.parametrize("how", ["newlines", "padding", "mixed", "data-url", "garbage", "empty"])
def test_broken_base64_is_echoed_whole(
    post: Post, request_with: Build, picture: Callable[..., bytes], how: str
) -> None:
    """Contract case 14: the error names the path and echoes the whole value."""
    text = url_safe_only(picture)
    broken = {
        "newlines": text[:76] + "\n" + text[76:],
        "padding": standard(picture("PNG", (50, 50)) + b"\0").rstrip("=") + "A=B",
        "mixed": text.replace("-", "+", 1),
        "data-url": "data:image/jpeg;base64," + text,
        "garbage": "!" * 600,
        "empty": "",
    }[how]
    message = error(post(request_with([("image/jpeg", broken)])))
    if how != "empty":
        start = "Invalid value at 'contents[0].parts[1].inline_data.data' (TYPE_BYTES), Base64"
        assert message.startswith(start)
        assert message.endswith('"' + broken.replace("\n", "\\n") + '"') or broken in message


def test_base64_needs_its_padding(post: Post, request_with: Build, picture: Callable[..., bytes]) -> None:
    """Contract case 14: base64 without its padding is refused."""
    data = picture()
    while len(data) % 3 == 0:
        data += b"\0"
    message = error(post(request_with([("image/png", standard(data).rstrip("="))])))
    assert "Base64 decoding failed" in message


def test_purely_url_safe_base64_is_taken(post: Post, request_with: Build, picture: Callable[..., bytes]) -> None:
    """Contract case 14: what Google's SDK sends."""
    answer = post(request_with([("image/jpeg", url_safe_only(picture))]))
    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("mime", "kind"),
    [
        ("image/jpeg", "PNG"),
        ("image/png", "JPEG"),
        ("image/jpg", "JPEG"),
        ("image/bmp", "BMP"),
        ("image/tiff", "TIFF"),
        ("image/gif", "GIF"),
    ],
)
def test_pictures_of_another_type_are_refused(
    post: Post, request_with: Build, picture: Callable[..., bytes], mime: str, kind: str
) -> None:
    """Contract case 14: bytes that are not what they are called, and types that are not taken."""
    message = error(post(request_with([(mime, picture(kind))])))
    assert message.startswith("Unable to process input image.")


@pytest.mark.parametrize(
    ("mime", "data"),
    [
        ("image/svg+xml", b"<svg xmlns='http://www.w3.org/2000/svg'/>"),
        ("image/x-exr", b"\x76\x2f\x31\x01" + bytes(100)),
        ("image/png", b"\x89PNG\r\n\x1a\n"),
        ("image/jpeg", b"\xff\xd8\xff\xd9"),
        ("image/png", b""),
    ],
)
def test_broken_pictures_are_refused(post: Post, request_with: Build, mime: str, data: bytes) -> None:
    """Contract case 14: more that cannot be read."""
    error(post(request_with([(mime, data)])))


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_a_cut_picture_is_refused(post: Post, request_with: Build, picture: Callable[..., bytes], kind: str) -> None:
    """Contract case 14: half a file is refused, the whole is taken."""
    mime, data = f"image/{kind.lower()}", picture(kind, (300, 200))
    assert "Unable to process" in error(post(request_with([(mime, data[: len(data) // 2])])))
    assert post(request_with([(mime, data)])).status_code == 200


@pytest.mark.parametrize(("model", "most"), [(PRO, 14), (FLASH_25, 3)])
def test_too_many_pictures_are_refused(
    post: Post, request_with: Build, picture: Callable[..., bytes], model: str, most: int
) -> None:
    """Contract case 15: 14 for Pro, 3 for 2.5 Flash."""
    one = ("image/png", picture())
    assert post(request_with([one] * most), model=model).status_code == 200
    assert f"at most {most}" in error(post(request_with([one] * (most + 1)), model=model))


def test_a_picture_over_7_mb_is_refused(post: Post, request_with: Build, picture: Callable[..., bytes]) -> None:
    """Contract case 15: measured after decoding."""
    data = picture()
    fill = 7 * 1024 * 1024 - len(data)
    tail = data[-12:]  # IEND stays last
    assert post(request_with([("image/png", data[:-12] + bytes(fill) + tail)])).status_code == 200
    error(post(request_with([("image/png", data[:-12] + bytes(fill + 1) + tail)])))


def test_a_body_over_the_limit_is_refused(http: httpx.Client) -> None:
    """Contract case 15: read to its end, refused, the connection goes on; lifted, it is taken."""
    path = f"/v1beta/models/{PRO}:generateContent"
    body = b'{"contents":[{"parts":[{"text":"x"}]}]}'
    exact = body + b" " * (20_971_520 - len(body))
    assert http.post(path, content=exact).status_code == 200
    message = error(http.post(path, content=exact + b" "))
    assert message == "Request payload size exceeds the limit: 20971520 bytes."
    assert http.get("/v1beta/models").status_code == 200
    with Simulator(solid.paint, body_limit=None) as lifted:
        headers = {"x-goog-api-key": "test-key"}
        answer = httpx.post(
            lifted.base_url + path,
            content=exact + b" ",
            headers=headers,
            trust_env=False,
            verify=False,
        )
    assert answer.status_code == 200


@pytest.mark.parametrize(
    "contents",
    [
        [{"role": "model", "parts": [{"text": "x"}]}, {"role": "user", "parts": [{"text": "x"}]}],
        [{"role": "user", "parts": [{"text": "x"}]}, {"role": "model", "parts": [{"text": "x"}]}],
        [{"role": "user", "parts": []}],
        [{"role": "user"}],
        [{"role": "user", "parts": [{}]}],
        [{"role": "system", "parts": [{"text": "x"}]}],
    ],
)
def test_the_user_begins_and_ends_and_no_part_is_empty(post: Post, contents: list[Any]) -> None:
    """Contract case 16: begun and ended by the user, nothing empty."""
    error(post({"contents": contents}))


def test_an_echo_needs_its_signature_byte_for_byte(post: Post, request_with: Build) -> None:
    """Contract cases 17 and 18: the raw echo, byte for byte, and a turn that was made up."""
    first = post(request_with(text="a house")).json()
    turn = first["candidates"][0]["content"]
    user = request_with(text="a house")["contents"][0]
    good = {"contents": [user, turn, request_with(text="again")["contents"][0]]}
    assert post(good).status_code == 200
    fake = {"role": "model", "parts": [{"inlineData": turn["parts"][1]["inlineData"]}]}
    message = error(post({"contents": [user, fake, user]}))
    expected = "missing a thought_signature in content position 2, part position 1."
    assert message == f"Image part is {expected}"


def _raw(sim: Simulator, request: bytes) -> bytes:
    import socket

    port = int(sim.base_url.rsplit(":", 1)[1])
    with socket.create_connection(("127.0.0.1", port), timeout=10) as line:
        line.sendall(request)
        line.shutdown(socket.SHUT_WR)
        received = b""
        while piece := line.recv(65536):
            received += piece
    return received


@pytest.mark.parametrize(
    "garbage",
    [
        b"\x00\x01\x02\r\n\r\n",
        b"GET\r\n\r\n",
        b"POST /v1beta/models/x:generateContent HTTP/1.1\r\nContent-Length: -5\r\n\r\n",
        b"POST /v1beta/models/x:generateContent HTTP/1.1\r\nContent-Length: 99\r\n\r\n{}",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\n\r\n",
        b"BREW /pot HTTP/1.1\r\n\r\n",
        b"GET /%ff/../models?x=%zz HTTP/1.1\r\n\r\n",
    ],
)
def test_garbage_does_not_harm(sim: Simulator, http: httpx.Client, garbage: bytes) -> None:
    """Whatever comes in, the server goes on serving others."""
    _raw(sim, garbage)
    assert http.get("/v1beta/models").status_code == 200


def test_unknown_paths(http: httpx.Client) -> None:
    """Paths and methods that do not exist are a 404 page, as from the service's front."""
    for method, path in (("GET", "/"), ("PUT", "/v1beta/models"), ("GET", "/v2/models")):
        answer = http.request(method, path)
        assert answer.status_code == 404
        assert "text/html" in answer.headers["content-type"]
