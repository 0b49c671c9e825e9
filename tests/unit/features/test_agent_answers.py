# SPDX-License-Identifier: GPL-3.0-or-later
"""The schemas of what scripts get, by the library jsonschema; real answers are checked in tests/blender/agent."""

from __future__ import annotations

import copy
from typing import Any

import jsonschema
import pytest

from nano_banana_addon.core.errors import InputError
from nano_banana_addon.features.agent import answers, json_check

STARTED = {"ok": True, "id": "job-1", "state": "RUNNING", "usd": 0.1, "images": 1, "repeated": False, "notes": []}
STARTED |= {"message": ""}
IMAGE = {"id": "1", "name": "", "state": "DONE", "phase": "", "fraction": 1, "cost_usd": None, "reused": False}
STATUS = {"ok": True, "id": "j", "task": "restyle", "caller": "c", "state": "DONE", "estimate_usd": 0.1, "notes": ["n"]}
STATUS |= {"message": "", "error": None}
STATUS |= {"spent_usd": 0, "images": [IMAGE | {"error": None}, IMAGE | {"error": {"kind": "K", "message": "m"}}]}
FITTING: dict[str, dict[str, Any]] = {
    "submit": STARTED,
    "status": STATUS,
    "error": {"ok": False, "error": {"kind": "INPUT", "message": "no"}},
}


def is_fitting(name: str, answer: object) -> bool:
    """What both checkers say, which must be the same."""
    schema = answers.build_answers()[name]
    said = jsonschema.Draft202012Validator(schema).is_valid(answer)
    try:
        json_check.check(answer, schema, name)
    except InputError:
        assert not said
        return False
    assert said
    return True


@pytest.mark.parametrize("name", answers.build_answers())
def test_each_schema_is_a_schema(name: str) -> None:
    jsonschema.Draft202012Validator.check_schema(answers.build_answers()[name])


@pytest.mark.parametrize("name", FITTING)
def test_an_answer_fits_and_one_that_lacks_a_key_or_has_another_does_not(name: str) -> None:
    assert is_fitting(name, FITTING[name])
    for key in FITTING[name]:
        assert not is_fitting(name, {k: v for k, v in FITTING[name].items() if k != key})
    assert not is_fitting(name, FITTING[name] | {"further": 1})


def test_a_value_of_another_type_does_not_fit() -> None:
    for wrong in (None, "1", [], {}):
        assert not is_fitting("submit", STARTED | {"usd": wrong})
    broken = copy.deepcopy(STATUS)
    broken["images"][0]["error"] = "text"
    assert not is_fitting("status", broken)
    assert not is_fitting("error", FITTING["error"] | {"ok": True})
