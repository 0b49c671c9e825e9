# SPDX-License-Identifier: GPL-3.0-or-later
"""No operator sends a paid request behind the back of the base class that shows the price and asks."""

from __future__ import annotations

import ast

from tests.support.source import ROOT, name_of, parse

#: What records and sends requests, as operators call it.
_SENDING = {
    ("request_builder", "submit"),
    ("duplicates", "run"),
    ("orders", "offer"),
    ("orders", "start"),
    ("orders", "run"),
    ("job", "run"),
    ("recovery", "resend"),
    ("panel", "send_instruction"),
}
_BASES = {"PayingOperator", "PaidOperator"}


def test_every_operator_that_sends_is_a_paying_one() -> None:
    senders: dict[str, set[str]] = {}
    for path in (ROOT / "operators").rglob("*.py"):
        for cls in (node for node in ast.walk(parse(path)) if isinstance(node, ast.ClassDef)):
            names = {
                (node.value.id, node.attr)
                for node in ast.walk(cls)
                if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)
            }
            if names & _SENDING:
                senders[f"{name_of(path)}:{cls.name}"] = {b.id for b in cls.bases if isinstance(b, ast.Name)}
    assert len(senders) >= 5
    assert {name for name, bases in senders.items() if not bases & _BASES} == set()
