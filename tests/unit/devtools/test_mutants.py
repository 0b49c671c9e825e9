# SPDX-License-Identifier: GPL-3.0-or-later
"""The faults that mutation testing tries, which tests it chooses, and what it says of them."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest
from coverage import CoverageData

from devtools.mutants import measure, run
from devtools.mutants.changes import Change, find_changes
from devtools.paths import ROOT


def describe(text: str) -> list[str]:
    source = text.encode()
    return [change.apply(source).decode().strip() for change in find_changes(source)]


@pytest.mark.parametrize(
    ("text", "changed"),
    [
        ("a = b < c", {"a = b <= c"}),
        ("a = b not in c", {"a = b in c"}),
        ("a = b is  not c", {"a = b is c"}),
        ("a = (b) and (c)", {"a = (b) or (c)"}),
        ("a = not b", {"a = (b)"}),
        ("a = True", {"a = False"}),
        ("a = 7", {"a = 15"}),
        ("a = b - c", {"a = b + c"}),
        ("a = min(b, c)", {"a = max(b, c)"}),
        ("if a:\n    b()", {"if False:\n    b()", "if True:\n    b()", "if a:\n    pass"}),
        ("a = [b for b in c if b]", {"a = [b for b in c if True]"}),
        ("def f():\n    return a", {"def f():\n    return None"}),
        ("def f():\n    raise a", {"def f():\n    pass"}),
        ("a.b = c", {"pass"}),
        ("é = 'ü', b < c", {"é = 'ü', b <= c"}),
    ],
)
def test_one_thing_is_changed_at_a_time(text, changed):
    assert set(describe(text)) == changed


@pytest.mark.parametrize(
    "text",
    [
        '"""Text of 3 words."""',
        "_log.info('x', 3)",
        "@frozen(slots=True)\nclass A(B[3]):\n    c: Literal[3]",
        "def f(a: Literal[3]) -> Literal[4]: ...",
        "a = f'{b < 3}' + 'c'",
        "if TYPE_CHECKING:\n    import a",
    ],
)
def test_what_no_test_could_notice_is_left_alone(text):
    assert describe(text) == []


def test_every_fault_of_a_real_file_is_valid_and_different():
    source = (ROOT / "nano_banana_addon/storage/database/budget.py").read_bytes()
    original = ast.dump(ast.parse(source))
    changes = find_changes(source)
    assert len(changes) > 50
    assert [c.describe(source) for c in changes if ast.dump(ast.parse(c.apply(source))) == original] == []


def test_a_line_knows_the_tests_that_ran_it_also_in_another_process(tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    for name, context in (("one", "t.py::first"), ("two", "t.py::second (call)"), ("three", "t.py::failed")):
        data = CoverageData(str(tmp_path / name))
        data.set_context(context)
        data.add_lines({str(tree / "a.py"): [1, 9, 300]})
        data.write()
    measured = measure.Measured({"t.py::first": 1.0, "t.py::second": 0.5})
    for name in ("one", "two", "three"):
        measure.add_data(tmp_path / name, tree, measured)
    assert dict(measured.tests["a.py"]) == {line: {"t.py::first", "t.py::second"} for line in (1, 9, 300)}


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    (tmp_path / "nano_banana_addon/core").mkdir(parents=True)
    (tmp_path / "nano_banana_addon/core/m.py").write_text("LIMIT = 3\n\ndef is_low(a):\n    return a < LIMIT\n")
    return tmp_path


def test_the_shortest_tests_come_first_and_a_constant_has_those_of_its_readers(tree: Path) -> None:
    seconds = {"long": 9.0, "short": 1.0, "other": 0.1, "endless": 1e9}
    lines = {4: {"long", "short", "endless"}, 1: {"other"}}
    measured = measure.Measured(seconds, {"nano_banana_addon/core/m.py": lines})
    found = list(run.find_mutants(tree, measured, []))
    assert {mutant.change.lines[0] for mutant in found} == {1, 4}
    assert {mutant.tests for mutant in found} == {("short", "long")}
    assert {mutant.all_tests for mutant in found} == {3}
    assert list(run.find_mutants(tree, measured, ["nano_banana_addon/wire"])) == []


@pytest.mark.parametrize(
    ("old", "new", "verdict"),
    [("<", "<=", "killed"), ("3", "3.0", "survived"), ("return", "while True: pass\n    return", "killed")],
)
def test_a_fault_is_noticed_or_survives_and_is_taken_back(
    tree: Path, monkeypatch: pytest.MonkeyPatch, old: str, new: str, verdict: str
) -> None:
    if "while True" in new:
        monkeypatch.setattr(run, "GRACE", 3.0)
    path = tree / "nano_banana_addon/core/m.py"
    (tree / "test_m.py").write_text(
        "import sys\nsys.path.insert(0, 'nano_banana_addon/core')\nfrom m import is_low\n\n"
        "def test_it(): assert is_low(2) and not is_low(3)\n"
    )
    source = path.read_bytes()
    start = source.index(old.encode())
    change = Change(range(1, 2), start, start + len(old), new.encode())
    mutant = run.Mutant("nano_banana_addon/core/m.py", change, "", ("test_m.py::test_it",), 1)
    assert run.try_mutant(Path(sys.executable), tree, mutant, 0.0) == verdict
    assert path.read_bytes() == source
