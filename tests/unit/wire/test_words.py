# SPDX-License-Identifier: GPL-3.0-or-later
"""Error bodies of every shape, secrets in every coding, and the rules of repeating."""

from __future__ import annotations

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nano_banana_addon.core.errors import ErrorKind, NanoBananaError
from nano_banana_addon.core.result import Refusal
from nano_banana_addon.wire.errors import build_error
from nano_banana_addon.wire.providers import PROVIDERS
from nano_banana_addon.wire.redact import Redactor
from nano_banana_addon.wire.retry import compute_wait, should_repeat_refusal

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=9),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["error", "message", "code", "details", "status", "violations", "retryDelay"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(st.integers(300, 599), JSON)
def test_no_error_body_crashes_and_each_gets_words(status, tree):
    error = build_error(status, {}, json.dumps(tree).encode(), Redactor("secret-key"))
    assert error.message
    assert error.next_step
    assert len(error.detail) <= 500


@given(st.integers(300, 599), st.binary(max_size=60))
def test_no_bytes_crash_it(status, body):
    assert build_error(status, {"retry-after": "soon"}, body, Redactor("secret-key")).kind


def test_a_free_tier_of_zero_is_told_apart_from_a_limit_that_begins_with_zero():
    said = {
        "error": {
            "code": 429,
            "message": "Quota exceeded, limit: {}, model: m",
            "status": "RESOURCE_EXHAUSTED",
        }
    }
    kinds = []
    for limit in ("0", "0.5", "10"):
        body = json.dumps(said).replace("{}", limit).encode()
        kinds.append(build_error(429, {}, body, Redactor("k")).kind)
    assert kinds == [ErrorKind.BILLING, ErrorKind.RATE, ErrorKind.RATE]


def build_busy(status: int, *, header: str = "", delay: str = "", text: str = "busy") -> NanoBananaError:
    """The error of a service that names a wait in one of three places."""
    details = [{"retryDelay": delay}] if delay else []
    body = json.dumps({"error": {"message": text, "details": details}}).encode()
    date = "Sat, 28 Nov 2026 08:00:00 GMT"
    return build_error(status, {"retry-after": header, "date": date}, body, Redactor("k"))


@pytest.mark.parametrize("status", [408, 429, 500, 503, 504])
@pytest.mark.parametrize(
    "named",
    [
        {"delay": "100000s"},
        {"delay": "9" * 400 + "s"},
        {"header": "999999"},
        {"header": "9" * 400},
        {"header": "1e308"},
        {"text": "retry in 86400s"},
        {"text": f"retry in {'9' * 400}s"},
        {"header": "Sun, 29 Nov 2026 08:00:00 GMT"},
        {"header": "Fri, 31 Dec 9999 23:59:59 GMT"},
    ],
)
def test_a_wait_of_hours_is_told_and_not_waited_for(status, named):
    error = build_busy(status, **named)
    assert compute_wait(error, 1) is None
    assert "wait" in error.next_step.lower()
    assert (error.retry_after or 0.0) < 1e7


@pytest.mark.parametrize("header", ["Sat, 28 Nov 2026 08:00:40 GMT", "Saturday, 28-Nov-26 08:00:40 GMT", "40"])
def test_a_time_in_retry_after_counts_by_the_services_clock(header):
    error = build_busy(503, header=header)
    assert error.retry_after == 40.0
    assert 40.0 <= (compute_wait(error, 1) or 0.0) < 50.0


@pytest.mark.parametrize("header", ["Sat, 28 Nov 2026 07:00:00 GMT", "nan", "-5", "soon", "inf seconds"])
def test_a_wait_that_is_none_leaves_the_usual_one(header):
    error = build_busy(503, header=header)
    assert error.retry_after is None
    assert 1.0 <= (compute_wait(error, 1) or 0.0) < 5.0


@pytest.mark.parametrize("header", ["7", "7.5"])
def test_the_header_retry_after_counts_where_the_body_says_nothing(header):
    error = build_error(503, {"retry-after": header}, b"", Redactor("k"))
    assert error.retry_after == float(header)


KEYS = st.text(alphabet="ABCxyz0189+/=_-.", min_size=8, max_size=40).filter(lambda k: k.strip("=.")[3:])


@given(KEYS, st.text(max_size=12), st.text(max_size=12))
def test_a_secret_disappears_in_every_coding(key, before, after):
    redactor = Redactor(key)
    assert key not in redactor.redact_text(before + key + after)
    coded = base64.b64encode((before + key + after).encode()).decode()
    assert "[key]" in redactor.redact_text(coded)


def test_ordinary_words_stay_as_they_are():
    text = "Invalid value at 'image_config' (type.googleapis.com/x), \"9:16\": task-based"
    assert Redactor("my-secret-key").redact_text(text) == text
    assert Redactor("").redact_text("anything") == "anything"
    assert Redactor("key").redact_text("a monkey") == "a monkey", "too short to be a secret"


def test_the_echo_of_a_picture_is_shortened():
    detail = Redactor("k").redact_detail('Base64 decoding failed for "' + "iVBORw0KGgo" * 50_000 + '"')
    assert len(detail) < 100
    assert "Base64 decoding failed" in detail


@pytest.mark.parametrize("kind", ErrorKind)
def test_nothing_that_may_have_been_billed_is_repeated(kind):
    repeated = {
        ErrorKind.NETWORK,
        ErrorKind.RATE,
        ErrorKind.CAPACITY,
        ErrorKind.SERVER,
        ErrorKind.DEADLINE,
        ErrorKind.FILE_GONE,
    }
    error = NanoBananaError(kind)
    assert (compute_wait(error, 1) is not None) is (kind in repeated)
    assert compute_wait(error, 5) is None


def test_waits_are_bounded_and_grow():
    error = NanoBananaError(ErrorKind.RATE, retry_after=31.0)
    assert all(31 <= (compute_wait(error, n) or 0) < 60 for n in (1, 2, 3))


def test_only_recitation_is_asked_again():
    assert should_repeat_refusal(Refusal("IMAGE_RECITATION"), 1)
    assert not should_repeat_refusal(Refusal("IMAGE_SAFETY"), 1)


def test_providers_are_complete():
    for provider in PROVIDERS.values():
        assert provider.label
        assert provider.base_url.startswith("https://") or provider.is_local or provider.id == "offline"
        assert provider.key_variables or not provider.needs_key


@pytest.mark.parametrize("status", [400, 401, 500, 503])
@pytest.mark.parametrize(
    ("message", "kind"),
    [
        ("Incorrect API key provided", ErrorKind.KEY_INVALID),
        ("User location is not supported for the API use.", ErrorKind.REGION),
        ("This API method requires billing to be enabled", ErrorKind.BILLING),
    ],
)
def test_what_the_user_has_to_mend_is_said_whatever_status_a_gateway_gives_it(status, message, kind):
    assert build_error(status, {}, json.dumps({"error": {"message": message}}).encode(), Redactor("k")).kind is kind


ESCAPES = {
    "all": lambda letters: [f"\\u{ord(letter):04x}" for letter in letters],
    "capital": lambda letters: [f"\\u{ord(letter):04X}" for letter in letters],
    "one": lambda letters: [*letters[:5], f"\\u{ord(letters[5]):04x}", *letters[6:]],
    "every second": lambda letters: [f"\\u{ord(c):04x}" if n % 2 else c for n, c in enumerate(letters)],
}


@pytest.mark.parametrize("size", [1, 7, 64, 10_000])
@pytest.mark.parametrize("escape", ESCAPES.values(), ids=ESCAPES)
def test_a_key_behind_escapes_of_json_leaves_no_text_that_arrives(escape, size):
    key, data = "AIzaSyD-secret/key_0123456789", base64.b64encode(bytes(range(256)) * 9).decode()
    planted, others = "".join(escape(list(key))), r"\\\"\n\u00e4\\u0041"
    coded = data.replace("=", "\\u003d").replace("/", "\\/")
    body = f'{{"text": "{others}{planted}{others}", "data": "{coded}"}}'.encode()
    chunks = [body[n : n + size] for n in range(0, len(body), size)]
    arrived = json.loads(b"".join(Redactor(key).redact_chunks(chunks)))
    assert arrived == {"text": json.loads(body)["text"].replace(key, "[key]"), "data": data}
    assert key in json.loads(body)["text"]


@pytest.mark.parametrize("size", [1, 7, 10_000])
def test_escapes_that_hide_no_key_are_left_as_they_came(size):
    body = rb'{"text": "\u0041\\u0042\\\u0043", "data": "QQ\u003d\u003d"}'
    chunks = [body[n : n + size] for n in range(0, len(body), size)]
    assert b"".join(Redactor("AIzaSyD-secret-key").redact_chunks(chunks)) == body


def test_no_more_of_an_answer_that_breaks_off_is_held_back_than_may_begin_a_key():
    body = rb'{"text": "\n\\", "data": "QUJD\u003d\u003d"'
    first = next(iter(Redactor("AIzaSyD-secret-key").redact_chunks([body, b"}"])))
    assert first == body
