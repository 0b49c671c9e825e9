# SPDX-License-Identifier: GPL-3.0-or-later
"""Lines of a batch's result and states of batches, whatever a service writes into them."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nano_banana_addon.core.errors import ErrorKind, NanoBananaError
from nano_banana_addon.wire.gemini import batches
from nano_banana_addon.wire.redact import Redactor

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
COUNTS = ("successfulRequestCount", "failedRequestCount")


@given(JSON, JSON)
def test_no_line_ends_in_anything_but_words(code: Any, message: Any) -> None:
    error = batches.read_line_error({"key": "a", "error": {"code": code, "message": message}}, Redactor())
    assert error is not None
    assert error.message
    assert error.next_step


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (14, ErrorKind.CAPACITY),
        (16, ErrorKind.KEY_INVALID),
        (13, ErrorKind.SERVER),
        (999, ErrorKind.SERVER),
        ([], ErrorKind.SERVER),
    ],
)
def test_the_code_of_a_line_tells_what_went_wrong(code: Any, kind: ErrorKind) -> None:
    error = batches.read_line_error({"key": "a", "error": {"code": code, "message": "It failed"}}, Redactor())
    assert error is not None
    assert error.kind is kind


@given(JSON, JSON)
def test_no_state_of_a_batch_ends_in_anything_but_words(metadata: Any, output: Any) -> None:
    with suppress(NanoBananaError):
        status = batches.read_status({"name": "batches/a", "metadata": metadata, "response": output})
        assert status.done >= 0


@pytest.mark.parametrize("count", [10**30, "9" * 5000, -1, "-1", "٣", None, [], 1e300, "1e9"])
def test_a_count_that_no_batch_can_have_is_not_shown(count: Any) -> None:
    for name in COUNTS:
        stats = {"batchStats": {name: count}}
        assert batches.read_status({"name": "batches/a", "metadata": stats}).done == 0
