# SPDX-License-Identifier: GPL-3.0-or-later
"""The small faults that can be put into a source file: one change of a comparison, a condition, a constant, a
returned value or a statement each."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

_OPPOSITES = {
    **{"<": "<=", "<=": "<", ">": ">=", ">=": ">", "==": "!=", "!=": "=="},
    **{"is": "is not", "is not": "is", "in": "not in", "not in": "in"},
    **{"and": "or", "or": "and", "+": "-", "-": "+", "*": "/", "/": "*", "//": "*"},
    **{"min": "max", "max": "min", "any": "all", "all": "any"},
}
_OPERATOR = re.compile(rb"is\s+not\b|not\s+in\b|\b(?:is|in|and|or)\b|<=|>=|==|!=|//|[-<>+*/]")
#: What changes nothing at run time, or only what a log says.
_SILENT = ("annotation", "returns", "decorator_list", "bases")
_LOG = "_log"


@dataclass(frozen=True)
class Change:
    """Bytes `start` to `end` of a file become `new`. `lines` are those of the changed code.

    `names` are what a statement outside of all functions assigns: nobody runs its line, but others read the names.
    """

    lines: range
    start: int
    end: int
    new: bytes
    names: frozenset[str] = frozenset()

    def apply(self, source: bytes) -> bytes:
        """The changed source."""
        return source[: self.start] + self.new + source[self.end :]

    def describe(self, source: bytes) -> str:
        """What was there, what is there now, and the line in which it stands."""
        old, line = source[self.start : self.end].decode(), source.splitlines()[self.lines[0] - 1].decode()
        return f"{' '.join(old.split())[:80]}  ->  {self.new.decode()}    in  {line.strip()}"


def find_changes(source: bytes) -> list[Change]:
    """All changes of a file that leave it valid Python."""
    finder = _Finder(source)
    finder.visit_all(ast.parse(source), frozenset())
    return [change for change in finder.found if _is_valid(change.apply(source))]


def _is_valid(source: bytes) -> bool:
    try:
        ast.parse(source)
    except SyntaxError:
        return False
    return True


class _Finder:
    def __init__(self, source: bytes) -> None:
        self.found: list[Change] = []
        self._source = source
        self._line_starts = [0, *(match.end() for match in re.finditer(rb"\n", source))]

    def visit_all(self, node: ast.AST, names: frozenset[str] | None) -> None:
        """Add the changes of a node and of what it holds. `names` is None inside functions."""
        if _is_silent(node):
            return
        if isinstance(node, ast.FunctionDef | ast.Lambda):
            names = None
        elif names is not None and isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names = frozenset(target.id for target in targets if isinstance(target, ast.Name))
        for part, text in (*_change_value(node), *_change_condition(node), *_change_statement(node)):
            self._add(self._start(part), self._end(part), text, names)
        for left, right in pairwise(_list_operands(node)):
            start = self._end(left)
            found = _OPERATOR.search(self._source[start : self._start(right)])
            opposite = _OPPOSITES.get(" ".join(found[0].decode().split())) if found else None
            if found and opposite:
                self._add(start + found.start(), start + found.end(), opposite, names)
        for field, value in ast.iter_fields(node):
            for child in value if isinstance(value, list) else [value]:
                if field not in _SILENT and isinstance(child, ast.AST):
                    self.visit_all(child, names)

    def _add(self, start: int, end: int, text: str, names: frozenset[str] | None) -> None:
        first, last = (self._source.count(b"\n", 0, offset) + 1 for offset in (start, end))
        self.found.append(Change(range(first, last + 1), start, end, text.encode(), names or frozenset()))

    def _start(self, node: ast.expr | ast.stmt) -> int:
        return self._line_starts[node.lineno - 1] + node.col_offset

    def _end(self, node: ast.expr | ast.stmt) -> int:
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        return self._line_starts[node.end_lineno - 1] + node.end_col_offset


def _list_operands(node: ast.AST) -> list[ast.expr]:
    """What stands between operators that have an opposite."""
    match node:
        case ast.Compare():
            return [node.left, *node.comparators]
        case ast.BoolOp():
            return node.values
        case ast.BinOp() if not any(_is_text(side) for side in (node.left, node.right)):
            return [node.left, node.right]
    return []


def _change_value(node: ast.AST) -> Iterator[tuple[ast.expr, str]]:
    match node:
        case ast.UnaryOp(op=ast.Not()):
            yield node, f"({ast.unparse(node.operand)})"
        case ast.Constant(value=bool() as value):
            yield node, str(not value)
        case ast.Constant(value=int() | float() as value):
            yield node, repr(2 * value + 1)
        case ast.Call(func=ast.Name(id=name)) if name in _OPPOSITES:
            yield node.func, _OPPOSITES[name]


def _change_condition(node: ast.AST) -> Iterator[tuple[ast.expr, str]]:
    match node:
        case ast.If() | ast.IfExp():
            yield node.test, "False"
            yield node.test, "True"
        case ast.While():
            yield node.test, "False"
        case ast.comprehension():
            yield from ((test, "True") for test in node.ifs)


def _change_statement(node: ast.AST) -> Iterator[tuple[ast.expr | ast.stmt, str]]:
    match node:
        case ast.Return(value=ast.expr() as value) if not isinstance(value, ast.Constant):
            yield value, "None"
        case ast.Raise() | ast.AugAssign() | ast.Delete() | ast.Continue() | ast.Break():
            yield node, "pass"
        case ast.Expr(value=ast.Call()):
            yield node, "pass"
        case ast.Assign(targets=[ast.Attribute() | ast.Subscript()]):
            yield node, "pass"


def _is_silent(node: ast.AST) -> bool:
    """Logging, what only the type checker reads, and texts, in which positions are not exact."""
    match node:
        case ast.Expr(value=ast.Call(func=ast.Attribute(value=ast.Name(id=name)))):
            return name == _LOG
        case ast.If(test=ast.Name(id=name)):
            return name == "TYPE_CHECKING"
    return isinstance(node, ast.JoinedStr)


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str | bytes))
