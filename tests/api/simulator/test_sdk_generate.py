"""Google's SDK makes pictures with the server: sizes, turns, shapes, usage, grounding."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest
from google import genai
from google.genai import errors, types
from PIL import Image

from devtools.simulator.server import Simulator
from devtools.simulator.solid import choose_colour

PRO = "gemini-3-pro-image"
# Written out from the contract, so that a wrong digit in the server's own table shows.
PRO_1K = {
    **{"1:1": (1024, 1024), "2:3": (848, 1264), "3:2": (1264, 848), "3:4": (896, 1200)},
    **{"4:3": (1200, 896), "4:5": (928, 1152), "5:4": (1152, 928), "9:16": (768, 1376)},
    **{"16:9": (1376, 768), "21:9": (1584, 672)},
}
FACTOR = {"1K": 1, "2K": 2, "4K": 4}
OTHERS = [
    ("gemini-nano-banana-2.1", "1:8", "2K", (768, 6144), 1680),
    ("gemini-3.1-flash-image", "4:1", "512", (1024, 256), 747),
    ("gemini-3.1-flash-image", "16:9", "4K", (5504, 3072), 2520),
    ("gemini-3.1-flash-lite-image", "8:1", "1K", (3072, 384), 1120),
    ("gemini-2.5-flash-image", "3:4", None, (864, 1184), 1290),
    ("nano-banana-pro-preview", "4:5", "2K", (1856, 2304), 1120),
]


def config(ratio: str | None = None, size: str | None = None) -> types.GenerateContentConfig:
    image = types.ImageConfig(aspect_ratio=ratio, image_size=size)
    return types.GenerateContentConfig(image_config=image)


def pictures(response: types.GenerateContentResponse) -> list[bytes]:
    assert response.candidates
    assert response.candidates[0].content
    parts = response.candidates[0].content.parts or []
    blobs = [part.inline_data for part in parts if part.inline_data and not part.thought]
    return [blob.data for blob in blobs if blob and blob.data]


def opened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data))


@pytest.mark.parametrize("size", FACTOR)
@pytest.mark.parametrize("ratio", PRO_1K)
def test_every_size_and_ratio_of_pro_is_exact(client: genai.Client, sim: Simulator, ratio: str, size: str) -> None:
    """Contract case 19: pixels as in the table, a real JPEG, tokens as billed."""
    response = client.models.generate_content(model=PRO, contents="a red cube", config=config(ratio, size))
    [data] = pictures(response)
    image = opened(data)
    width, height = PRO_1K[ratio]
    assert image.size == (width * FACTOR[size], height * FACTOR[size])
    assert image.format == "JPEG"
    assert image.getpixel((5, 5)) == pytest.approx(choose_colour("a red cube"), abs=3)
    assert sim.billed[0].image_tokens == {"1K": 1120, "2K": 1120, "4K": 2000}[size]


@pytest.mark.parametrize(("model", "ratio", "size", "pixels", "tokens"), OTHERS)
def test_other_models_have_their_own_tables(
    client: genai.Client,
    sim: Simulator,
    model: str,
    ratio: str,
    size: str | None,
    pixels: tuple[int, int],
    tokens: int,
) -> None:
    """Contract case 19: the cells that only other models have."""
    response = client.models.generate_content(model=model, contents="x", config=config(ratio, size))
    assert opened(pictures(response)[0]).size == pixels
    assert sim.billed[0].image_tokens == tokens
    assert response.model_version == model


def test_content_credentials_are_in_app11(client: genai.Client) -> None:
    """Contract case 19: a JUMBF superbox labelled c2pa in APP11, right after the start."""
    [data] = pictures(client.models.generate_content(model=PRO, contents="x"))
    assert data[2:4] == b"\xff\xeb"
    segment = data[6 : 4 + int.from_bytes(data[4:6], "big")]
    assert segment[:2] == b"JP"
    assert segment[12:16] == b"jumb"
    assert int.from_bytes(segment[8:12], "big") == len(segment) - 8
    assert b"c2pa\0" in segment
    assert b"trainedAlgorithmicMedia" in segment


def test_a_label_may_lie(client: genai.Client, sim: Simulator) -> None:
    """Contract case 19: says PNG, is JPEG."""
    sim.script("wrong_label", times=1)
    response = client.models.generate_content(model=PRO, contents="x")
    assert response.parts
    blobs = [part.inline_data for part in response.parts if part.inline_data]
    assert blobs[0].mime_type == "image/png"
    assert blobs[0].data
    assert opened(blobs[0].data).format == "JPEG"


def test_the_last_reference_gives_the_ratio(
    client: genai.Client, sim: Simulator, picture: Callable[..., bytes]
) -> None:
    """Contract case 21: three references, no ratio asked for; and none of them at all: square."""
    sizes = ((100, 100), (90, 160), (192, 108))
    parts = [types.Part.from_bytes(data=picture("PNG", size), mime_type="image/png") for size in sizes]
    response = client.models.generate_content(model=PRO, contents=["restyle", *parts])
    assert opened(pictures(response)[0]).size == (1376, 768)
    assert sim.billed[0].prompt_tokens >= 3 * 560
    alone = client.models.generate_content(model=PRO, contents="restyle")
    assert opened(pictures(alone)[0]).size == (1024, 1024)


@pytest.mark.parametrize(
    ("case", "kinds"),
    [
        ("image_only", "I"),
        ("text_image", "TI"),
        ("image_text", "IT"),
        ("thoughts", "tiTI"),
        ("draft_unmarked", "III"),
        ("interleaved", "TITI"),
        ("twice", "II"),
        ("bare_content", "I"),
    ],
)
def test_parts_come_in_every_order(client: genai.Client, sim: Simulator, case: str, kinds: str) -> None:
    """Contract case 20: capital letters are results, small ones thoughts; T text, I picture."""
    sim.script(case)
    response = client.models.generate_content(model=PRO, contents="x")
    letters = [
        ("i" if part.thought else "I") if part.inline_data else ("t" if part.thought else "T")
        for part in response.parts or []
    ]
    assert "".join(letters) == kinds
    final = opened(pictures(response)[-1])
    assert final.getpixel((0, 0)) == pytest.approx(choose_colour("x"), abs=3)
    assert sim.billed[0].pictures == kinds.count("I")


def test_the_same_picture_twice_differs_in_bytes_only(client: genai.Client, sim: Simulator) -> None:
    """Contract case 20: one result, two billed."""
    sim.script("twice")
    one, two = pictures(client.models.generate_content(model=PRO, contents="x"))
    assert one != two
    assert opened(one).tobytes() == opened(two).tobytes()
    assert sim.billed[0].image_tokens == 2240


def test_thoughts_only_when_asked_for(client: genai.Client) -> None:
    """Contract case 20: includeThoughts brings thought parts; they carry no signature."""
    thinking = types.ThinkingConfig(include_thoughts=True)
    response = client.models.generate_content(
        model=PRO, contents="x", config=types.GenerateContentConfig(thinking_config=thinking)
    )
    thoughts = [part for part in response.parts or [] if part.thought]
    assert len(thoughts) == 2
    assert all(part.thought_signature is None for part in thoughts)


def test_the_answer_may_be_smaller_than_asked(client: genai.Client, sim: Simulator) -> None:
    """Contract case 22: 4K asked, 1K came."""
    sim.script("wrong_size", times=1)
    response = client.models.generate_content(model=PRO, contents="x", config=config("16:9", "4K"))
    assert opened(pictures(response)[0]).size == (1376, 768)


def test_usage_adds_up(client: genai.Client, picture: Callable[..., bytes]) -> None:
    """Contract case 23: the totals add up, with details that do not cover all."""
    reference = types.Part.from_bytes(data=picture(), mime_type="image/png")
    response = client.models.generate_content(model=PRO, contents=["restyle", reference], config=config("16:9", "4K"))
    used = response.usage_metadata
    assert used
    assert used.candidates_tokens_details
    assert used.thoughts_token_count
    counts = (used.prompt_token_count, used.candidates_token_count, used.thoughts_token_count)
    assert used.total_token_count == sum(count or 0 for count in counts)
    assert 50 <= used.thoughts_token_count <= 350
    itemised = used.candidates_tokens_details[0].token_count or 0
    assert itemised == 2000
    assert 88 <= (used.candidates_token_count or 0) - itemised <= 630


def test_usage_may_be_missing_and_thoughts_absent(client: genai.Client, sim: Simulator) -> None:
    """Contract case 23: no usageMetadata at all; a model that does not think omits a field."""
    sim.script("no_usage", times=1)
    assert client.models.generate_content(model=PRO, contents="x").usage_metadata is None
    flash = client.models.generate_content(model="gemini-3.1-flash-image", contents="x")
    assert flash.usage_metadata
    assert flash.usage_metadata.thoughts_token_count is None


def test_search_brings_its_sources(client: genai.Client) -> None:
    """Contract case 24: web and image chunks, and the markup that must be shown."""
    tool = types.Tool(google_search=types.GoogleSearch())
    response = client.models.generate_content(model=PRO, contents="x", config=types.GenerateContentConfig(tools=[tool]))
    assert response.candidates
    grounding = response.candidates[0].grounding_metadata
    assert grounding
    assert grounding.grounding_chunks
    assert grounding.search_entry_point
    assert grounding.grounding_chunks[0].web
    assert grounding.grounding_chunks[1].image
    assert grounding.search_entry_point.rendered_content


def test_a_chat_echoes_its_signatures(client: genai.Client, sim: Simulator) -> None:
    """Contract case 18: the SDK sends the whole turn back, re-encoded URL-safe, and goes on."""
    chat = client.chats.create(
        model=PRO,
        config=types.GenerateContentConfig(image_config=types.ImageConfig(aspect_ratio="21:9")),
    )
    for text in ("a house", "make it night", "now snow"):
        assert opened(pictures(chat.send_message(text))[0]).size == (1584, 672)
    assert len(sim.requests[-1].json["contents"]) == 5


def test_thoughts_may_be_dropped_from_the_echo(client: genai.Client, sim: Simulator) -> None:
    """Contract case 18: a turn without its thought parts is complete enough."""
    sim.script("thoughts", times=1)
    first = client.models.generate_content(model=PRO, contents="a house")
    kept = [part for part in first.parts or [] if not part.thought]
    turns = [
        types.UserContent("a house"),
        types.ModelContent(kept),
        types.UserContent("make it night"),
    ]
    assert pictures(client.models.generate_content(model=PRO, contents=turns))


@pytest.mark.parametrize("altered", ["signature", "picture", "missing", "sibling", "model"])
def test_a_touched_turn_is_refused(client: genai.Client, altered: str) -> None:
    """Contract cases 17 and 18: each way of breaking the echo, and the place that is named."""
    first = client.models.generate_content(model=PRO, contents="a house")
    parts = list(first.parts or [])
    drawn = parts[1]
    assert drawn.thought_signature
    assert drawn.inline_data
    assert drawn.inline_data.data
    if altered == "signature":
        drawn.thought_signature = drawn.thought_signature[:-1] + b"\x00"
    elif altered == "picture":
        drawn.inline_data.data = drawn.inline_data.data[:-1] + b"\x00"
    elif altered == "missing":
        drawn.thought_signature = None
    elif altered == "sibling":
        parts.append(types.Part(text="", thought_signature=drawn.thought_signature))
        drawn.thought_signature = None
    turns = [types.UserContent("a house"), types.ModelContent(parts), types.UserContent("again")]
    model = "gemini-nano-banana-2.1" if altered == "model" else PRO
    expected = "not valid for models" if altered == "model" else "content position 2, part position 2"
    with pytest.raises(errors.ClientError) as refused:
        client.models.generate_content(model=model, contents=turns)
    assert refused.value.code == 400
    assert expected in str(refused.value)


def test_the_list_has_pages_and_no_retired_ids(client: genai.Client, sim: Simulator) -> None:
    """Contract case 4: two pages, text models among them, an entry without methods."""
    listed = list(client.models.list())
    names = {model.name for model in listed}
    assert {"models/gemini-3-pro-image", "models/gemini-2.5-flash"} <= names
    assert "models/gemini-3-pro-image-preview" not in names
    assert any(not model.supported_actions for model in listed)
    assert len(sim.requests) == 2
    assert client.models.get(model=PRO).display_name == "Nano Banana Pro"
    with pytest.raises(errors.ClientError, match="NOT_FOUND"):
        client.models.get(model="gemini-3-pro-image-preview")


def test_counting_tokens_is_free(client: genai.Client, sim: Simulator, picture: Callable[..., bytes]) -> None:
    """countTokens answers, bills nothing, and counts pictures."""
    reference = types.Part.from_bytes(data=picture(), mime_type="image/png")
    counted = client.models.count_tokens(model=PRO, contents=["four words of text", reference])
    assert counted.total_tokens == 5 + 560
    assert sim.billed == []


def test_a_text_model_only_talks(client: genai.Client) -> None:
    """A text model answers with text."""
    response = client.models.generate_content(model="gemini-2.5-flash", contents="hello")
    assert response.text
    assert not pictures(response)
