"""Google's SDK meets every refusal and error of the server, and makes sense of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from google import genai
from google.genai import errors, types

from devtools.simulator.server import Simulator

PRO = "gemini-3-pro-image"


def ask(client: genai.Client, text: str = "x") -> types.GenerateContentResponse:
    return client.models.generate_content(model=PRO, contents=text)


@pytest.mark.parametrize(
    ("key", "code", "text"),
    [
        ("wrong", 400, "API key not valid. Please pass a valid API key."),
        ("expired", 400, "API key expired. Please renew the API key."),
        ("leaked", 403, "reported as leaked"),
    ],
)
def test_keys_in_trouble_are_told_apart(
    sim: Simulator, connect: Callable[..., genai.Client], key: str, code: int, text: str
) -> None:
    """Contract cases 2 and 3: a bad key is a 400."""
    client = connect(sim, key)
    with pytest.raises(errors.ClientError) as refused:
        ask(client)
    assert refused.value.code == code
    assert text in str(refused.value)
    assert sim.requests[0].headers["x-goog-api-key"] == "redacted"


@pytest.mark.parametrize("key", ["AQ.Ab8_new-style", "AIzaSyOldStyle"])
def test_keys_are_not_judged_by_their_form(connect: Callable[..., genai.Client], key: str) -> None:
    """Contract case 3: both prefixes are fine."""
    with Simulator(keys={key}) as sim:
        client = connect(sim, key)
        assert client.models.get(model=PRO).name == f"models/{PRO}"


@pytest.mark.parametrize(
    ("case", "reason"),
    [
        ("image_other", "IMAGE_OTHER"),
        ("image_prohibited", "IMAGE_PROHIBITED_CONTENT"),
        ("image_safety", "IMAGE_SAFETY"),
        ("no_image", "NO_IMAGE"),
        ("prohibited_content", "PROHIBITED_CONTENT"),
        ("safety", "SAFETY"),
        ("max_tokens", "MAX_TOKENS"),
        ("other", "OTHER"),
        ("unknown", "IMAGE_FUTURE_REASON"),
    ],
)
def test_refusals_are_a_200(client: genai.Client, sim: Simulator, case: str, reason: str) -> None:
    """Contract case 25: each reason; thoughts and prompt are counted, no picture is billed."""
    response = ask(client, f"x [[sim:refusal_{case}]]")
    assert response.candidates
    finish = response.candidates[0].finish_reason
    assert finish is not None
    assert finish.value == reason
    assert not response.parts
    assert sim.billed[0].image_tokens == 0
    used = response.usage_metadata
    assert used
    assert used.candidates_token_count == used.thoughts_token_count


def test_recitation_succeeds_at_the_second_try(client: genai.Client) -> None:
    """Contract case 25: IMAGE_RECITATION goes away by asking the same again."""
    first = ask(client, "x [[sim:refusal_image_recitation]]")
    second = ask(client, "x [[sim:refusal_image_recitation]]")
    assert first.candidates
    assert first.candidates[0].finish_reason == "IMAGE_RECITATION"
    assert second.parts
    assert second.parts[-1].inline_data


def test_too_few_output_tokens_end_without_a_picture(client: genai.Client) -> None:
    """Contract case 25: MAX_TOKENS by itself, when the limit is below what a picture needs."""
    response = client.models.generate_content(
        model=PRO, contents="x", config=types.GenerateContentConfig(max_output_tokens=500)
    )
    assert response.candidates
    assert response.candidates[0].finish_reason == "MAX_TOKENS"


@pytest.mark.parametrize("how", ["absent", "null", "empty"])
def test_a_blocked_prompt_has_its_reason(client: genai.Client, sim: Simulator, how: str) -> None:
    """Contract case 26: blockReason, with candidates absent, null or []."""
    sim.script(f"blocked_{how}", reason="IMAGE_SAFETY")
    response = ask(client)
    assert response.prompt_feedback
    assert response.prompt_feedback.block_reason == "IMAGE_SAFETY"
    assert not response.candidates
    assert response.usage_metadata
    assert response.usage_metadata.candidates_token_count is None


def test_stop_is_not_success(client: genai.Client, sim: Simulator) -> None:
    """Contract case 27: STOP with text only, with no parts, with thought pictures only."""
    sim.script("text_only", times=1, text="words")
    sim.script("stop_empty", times=1)
    sim.script("only_thoughts", times=1)
    assert ask(client).text == "words"
    assert ask(client).parts == []
    thoughts = ask(client).parts or []
    assert thoughts
    assert all(part.thought for part in thoughts)


@pytest.mark.parametrize(
    ("case", "code", "status", "text"),
    [
        ("400_location", 400, "FAILED_PRECONDITION", "User location is not supported"),
        ("402_prepay", 402, "RESOURCE_EXHAUSTED", "prepayment credits are depleted"),
        ("403_blocked", 403, "PERMISSION_DENIED", "are blocked"),
        ("403_disabled", 403, "PERMISSION_DENIED", "SERVICE_DISABLED"),
        ("404_model", 404, "NOT_FOUND", f"models/{PRO} is not found for API version"),
        ("404_new_users", 404, "NOT_FOUND", "no longer available to new users"),
        ("429_free_tier", 429, "RESOURCE_EXHAUSTED", "limit: 0, model: gemini-3-pro-image"),
        ("429_per_day", 429, "RESOURCE_EXHAUSTED", "43424s"),
        ("429_per_minute", 429, "RESOURCE_EXHAUSTED", "PerMinutePerProjectPerModel"),
        ("429_capacity", 429, "RESOURCE_EXHAUSTED", "e.g. check quota"),
        ("429_prepay", 429, "RESOURCE_EXHAUSTED", "prepayment credits are depleted"),
        ("500_internal", 500, "INTERNAL", "An internal error has occurred"),
        ("503_overloaded", 503, "UNAVAILABLE", "overloaded"),
        ("503_high_demand", 503, "UNAVAILABLE", "high demand"),
        ("504_deadline", 504, "DEADLINE_EXCEEDED", "Deadline expired"),
        ("error_array", 503, "UNAVAILABLE", "unavailable"),
    ],
)
def test_each_error_has_its_code_and_status(
    client: genai.Client, sim: Simulator, case: str, code: int, status: str, text: str
) -> None:
    """Contract cases 28 and 29: each error by name, seen once and not billed."""
    sim.script(case, times=1)
    with pytest.raises(errors.APIError) as failed:
        ask(client)
    assert (failed.value.code, failed.value.status) == (code, status)
    assert text in str(failed.value)
    assert sim.billed == []
    assert ask(client).parts


def details(error: errors.APIError, kind: str) -> dict[str, Any]:
    found: list[dict[str, Any]] = [
        entry for entry in error.details["error"]["details"] if entry["@type"].endswith(kind)
    ]
    return found[0]


def test_quota_details_are_read(client: genai.Client, sim: Simulator) -> None:
    """Contract case 28: the delay asked for is in RetryInfo and the text, the kind in quotaId."""
    sim.script("429_per_minute", times=1, delay="1.5s")
    with pytest.raises(errors.ClientError) as failed:
        ask(client)
    assert details(failed.value, "RetryInfo")["retryDelay"] == "1.5s"
    assert "Please retry in 1.5s." in str(failed.value.message)
    [violation] = details(failed.value, "QuotaFailure")["violations"]
    assert "PerMinute" in violation["quotaId"]


def test_a_retry_succeeds_where_it_should(sim: Simulator, connect: Callable[..., genai.Client]) -> None:
    """Contract case 29: two overloads, then a picture; the SDK's own retries get there."""
    sim.script("503_overloaded", times=2)
    retries = types.HttpRetryOptions(attempts=4, initial_delay=0.01, max_delay=0.02)
    client = connect(sim, retry_options=retries)
    assert ask(client).parts
    assert sim.posts() == 3
    assert sim.posts("x") == 3
    assert sim.posts(sim.requests[0].digest) == 3


def test_an_unknown_model_is_named(client: genai.Client, sim: Simulator) -> None:
    """Contract case 30: one request, and the message names the model."""
    with pytest.raises(errors.ClientError) as failed:
        client.models.generate_content(model="gemini-9-image", contents="x")
    assert failed.value.code == 404
    assert "models/gemini-9-image is not found for API version v1" in str(failed.value)
    assert len(sim.requests) == 1
