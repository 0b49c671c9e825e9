# SPDX-License-Identifier: GPL-3.0-or-later
"""Rows of benchmarks: taken in turns, as ratios of neighbours, with a limit that can fail."""

from __future__ import annotations

import ast
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devtools.bench import BENCHES, enable
from devtools.bench.support import rows
from tests.support.source import ROOT

FIGURES = st.floats(0.001, 1000)


def test_cases_are_measured_in_turns_after_one_for_warmth():
    calls: list[str] = []

    def record(name: str) -> float:
        calls.append(name)
        return float(len(calls))

    figures = rows.measure_in_turns({"a": lambda: record("a"), "b": lambda: record("b")}, 2)
    assert calls == ["a", "b"] * 3
    assert figures == {"a": [3, 5], "b": [4, 6]}


@given(st.lists(st.tuples(FIGURES, FIGURES), min_size=1, max_size=7), FIGURES)
def test_a_ratio_is_the_same_on_a_machine_of_another_speed(pairs, speed):
    ours, beside = [a for a, _ in pairs], [b for _, b in pairs]
    here = rows.compare("x", "ms", ours, beside, "other")
    there = rows.compare("x", "ms", [speed * a for a in ours], [speed * b for b in beside], "other")
    assert there.ratio == pytest.approx(here.ratio)


def test_a_machine_that_becomes_slower_in_the_middle_does_not_change_the_ratio():
    ours, beside = [1, 1, 1, 3, 3], [2, 2, 2, 6, 6]
    assert rows.compare("x", "ms", ours, beside, "other").ratio == 0.5


@pytest.mark.parametrize(
    ("row", "ok"),
    [
        (rows.compare("x", "ms", [1.0], [2.0], "other", 0.5), True),
        (rows.compare("x", "ms", [1.1], [2.0], "other", 0.5), False),
        (rows.compare("x", "ms", [1.0], [9.0], "other", 0.5, is_absolute=True), False),
        (rows.limit("x", "ms", [4.0, 5.0, 9.0], 5.0), True),
        (rows.limit("x", "ms", [4.0, 5.1, 9.0], 5.0), False),
        (rows.compare("x", "ms", [1.0], [2.0], "other"), None),
    ],
)
def test_a_limit_is_on_the_ratio_or_on_the_figure(row, ok):
    assert row.ok is ok
    assert json.loads(json.dumps(row.to_json()))["ok"] is ok
    assert ("NOT HELD" in rows.format_rows("title", [row])) is (ok is False)


def test_nothing_beside_it_has_no_ratio():
    assert rows.compare("x", "MB", [1.0], [0.0], "other").ratio is None


@pytest.mark.parametrize("name", BENCHES)
def test_each_benchmark_returns_rows(name):
    """By its source: most of them can only be imported in Blender."""
    tree = ast.parse((ROOT / "devtools" / "bench" / f"{name}.py").read_text(encoding="utf-8"))
    (function,) = [n for n in tree.body if isinstance(n, ast.FunctionDef) and n.name == "measure"]
    assert function.returns is not None
    assert ast.unparse(function.returns) == "list[Row]"


def test_the_plain_add_on_has_as_many_classes_and_properties(tmp_path):
    counts = {"Operator": [3, 7], "Panel": [2, 0], "PropertyGroup": [2, 5], "AddonPreferences": [1, 4]}
    enable.write_plain_addon(tmp_path, counts)
    tree = ast.parse((tmp_path / f"{enable.PLAIN}.py").read_text(encoding="utf-8"))
    classes = [node for node in tree.body if isinstance(node, ast.ClassDef)]
    properties = [node for c in classes for node in c.body if isinstance(node, ast.AnnAssign)]
    assert [ast.unparse(c.bases[0]).rpartition(".")[2] for c in classes] == (
        ["Operator"] * 3 + ["Panel"] * 2 + ["PropertyGroup"] * 3
    )
    assert len(properties) == 7 + 5 + 4
    assert len({c.name for c in classes}) == len(classes)
