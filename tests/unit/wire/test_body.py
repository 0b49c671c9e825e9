# SPDX-License-Identifier: GPL-3.0-or-later
"""The streamed body is byte for byte what the plain way would send, and its length is known
before.
"""

from __future__ import annotations

import base64
import json
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nano_banana_addon.core.constants import ReferenceRole
from nano_banana_addon.core.errors import InputError
from nano_banana_addon.core.request import GenerationRequest, Reference
from nano_banana_addon.core.text import prompts
from nano_banana_addon.wire.gemini.encode import build_body, build_user_turn
from nano_banana_addon.wire.http import body as body_module
from nano_banana_addon.wire.http.body import FileSpan, build_file_blob, build_json_body


def sent(body) -> bytes:
    return b"".join(body)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=20,
)


@given(st.dictionaries(st.text(max_size=5), JSON, max_size=4))
def test_it_equals_json_dumps(tree):
    body = build_json_body(tree)
    plain = json.dumps(tree, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
    assert sent(body) == plain
    assert body.length == len(plain)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(min_size=1, max_size=200), st.integers(1, 7))
def test_files_become_standard_base64_whatever_the_piece(tmp_path_factory, monkeypatch, data, piece):
    path = tmp_path_factory.mktemp("body") / "a.png"
    path.write_bytes(data)
    monkeypatch.setattr(body_module, "PIECE", 3 * piece)
    body = build_json_body({"data": build_file_blob(path)})
    assert json.loads(sent(body)) == {"data": base64.b64encode(data).decode()}
    assert body.length == len(sent(body)), "and it can be sent again"


@given(st.integers(0, 50), st.integers(0, 50))
def test_a_span_goes_as_it_is(tmp_path_factory, offset, length):
    path = tmp_path_factory.mktemp("body") / "a.turn"
    data = bytes(65 + n % 26 for n in range(100))
    path.write_bytes(data)
    assert (
        sent(build_json_body({"d": FileSpan(path, offset, length)})) == b'{"d":"%s"}' % data[offset : offset + length]
    )


def test_only_fields_that_are_set_are_sent(tmp_path):
    request = GenerationRequest("p", image_size="", aspect_ratio="")
    tree = json.loads(sent(build_body(request, build_user_turn(request, "google"))))
    assert tree == {
        "contents": [{"role": "user", "parts": [{"text": prompts.compose(request)}]}],
        "generationConfig": {"responseModalities": ["TEXT", "IMAGE"]},
    }


def test_zero_is_a_value(tmp_path):
    request = GenerationRequest("p", temperature=0.0, seed=0)
    tree = json.loads(sent(build_body(request, build_user_turn(request, "google"))))
    assert tree["generationConfig"]["temperature"] == 0
    assert tree["generationConfig"]["seed"] == 0


def test_a_whole_request_equals_the_plain_way(tmp_path):
    style, structure = tmp_path / "style.jpg", tmp_path / "structure.png"
    style.write_bytes(b"\xff\xd8" + bytes(range(256)) * 999)
    structure.write_bytes(b"\x89PNG" + bytes(range(255)) * 777)
    request = GenerationRequest(
        "rainy alley – “neon”",
        references=(
            Reference(ReferenceRole.STRUCTURE, str(structure)),
            Reference(ReferenceRole.STYLE, str(style)),
        ),
        aspect_ratio="16:9",
        system_instruction="be brief",
        google_search=True,
        safety={"HARM_CATEGORY_HARASSMENT": "OFF"},
        service_tier="flex",
        thinking_level="HIGH",
        include_thoughts=True,
        media_resolution="MEDIA_RESOLUTION_HIGH",
    )
    expected = {
        "systemInstruction": {"parts": [{"text": "be brief"}]},
        "contents": [
            {
                "role": "user",
                "parts": [
                    {"text": prompts.compose(request)},
                    {
                        "inlineData": {
                            "mimeType": "image/jpeg",
                            "data": base64.b64encode(style.read_bytes()).decode(),
                        }
                    },
                    {
                        "inlineData": {
                            "mimeType": "image/png",
                            "data": base64.b64encode(structure.read_bytes()).decode(),
                        }
                    },
                ],
            }
        ],
        "generationConfig": {
            "responseModalities": ["TEXT", "IMAGE"],
            "imageConfig": {"aspectRatio": "16:9", "imageSize": "2K"},
            "thinkingConfig": {"thinkingLevel": "HIGH", "includeThoughts": True},
            "mediaResolution": "MEDIA_RESOLUTION_HIGH",
        },
        "tools": [{"googleSearch": {}}],
        "safetySettings": [{"category": "HARM_CATEGORY_HARASSMENT", "threshold": "OFF"}],
        "serviceTier": "flex",
    }
    body = build_body(request, build_user_turn(request, "google"))
    assert json.loads(sent(body)) == expected
    assert body.length == len(sent(body))


def test_memory_does_not_grow_with_the_files(tmp_path):
    path = tmp_path / "large.png"
    path.write_bytes(bytes(24 * 2**20))
    body = build_json_body({"pictures": [build_file_blob(path)] * 4})
    tracemalloc.start()
    total = sum(len(piece) for piece in body)
    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert total == body.length
    assert peak < 2 * 2**20


def test_a_file_that_shrinks_on_the_way_is_an_error_that_names_it(tmp_path):
    path = Path(tmp_path / "shrinks.png")
    path.write_bytes(bytes(1000))
    body = build_json_body({"d": build_file_blob(path)})
    path.write_bytes(bytes(10))
    with pytest.raises(InputError, match=r"shrinks\.png"):
        sent(body)
