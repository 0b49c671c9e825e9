# SPDX-License-Identifier: GPL-3.0-or-later
"""The reference of the functions for assistants, from their docstrings and the schemas of arguments and answers."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator, Mapping
from typing import Any

from devtools.manual.tables import draw_code, draw_table, escape
from devtools.paths import ROOT
from devtools.source import parse
from nano_banana_addon.features.agent import answers, schemas

Schema = Mapping[str, Any]

_INTRODUCTION = """# All functions for assistants

Made from the program itself. How to use them, and what scripts may spend, is told by
[Assistants and pipelines](../assistants.md). `capabilities` answers with the same schemas, and with the values of
menus and the prices of the version that runs.

"""
_MOST_VALUES = 12
_CALLS = "nano_banana_addon/features/agent/calls.py"


def draw_page() -> str:
    """The page in Markdown: a section for each call with its arguments and its answer, then the request."""
    told = _read_docstrings()
    text = _INTRODUCTION
    for name, schema in schemas.build_schemas().items():
        text += f"## {name}\n\n{escape(told[name])}\n\n"
        text += _draw_object("argument", schema) or "No arguments.\n\n"
        text += _draw_answer(answers.build_answers()[name])
    text += "## The request\n\n" + _draw_object("key", schemas.build_request_schema())
    for name in ("settings", "texture"):
        text += f"### {name}\n\n" + _draw_object("key", schemas.build_request_schema()["properties"][name])
    text += "## Errors\n\nThe answer of a call that could not be carried out.\n\n"
    return text + _draw_answer(answers.build_answers()["error"])


def _read_docstrings() -> dict[str, str]:
    """What each call says of itself, read from its source: to import it needs Blender."""
    functions = (node for node in parse(ROOT / _CALLS).body if isinstance(node, ast.FunctionDef))
    return {function.name: " ".join((ast.get_docstring(function) or "").split()) for function in functions}


def _draw_answer(schema: Schema) -> str:
    """The keys of an answer, and its schema to copy."""
    table = draw_table(("answer", "type", ""), _list_answers(schema, ""))
    return f'{table}??? note "JSON schema"\n\n{_indent(json.dumps(schema, indent=1))}\n\n'


def _indent(text: str) -> str:
    return "\n".join(f"    {line}" for line in ["```json", *text.splitlines(), "```"])


def _list_answers(schema: Schema, path: str) -> Iterator[tuple[str, str, str]]:
    for name, part in schema["properties"].items():
        own = f"{path}{name}"
        inner = part.get("items", part)
        yield draw_code(own), _describe_type(part), escape(inner.get("description", ""))
        if "properties" in inner:
            yield from _list_answers(inner, f"{own}[]." if "items" in part else f"{own}.")


def _draw_object(head: str, schema: Schema) -> str:
    rows = [
        (draw_code(name) + (" (required)" if name in schema["required"] else ""), _describe_type(part), _describe(part))
        for name, part in schema["properties"].items()
    ]
    return draw_table((head, "type", "what it says"), rows)


def _describe_type(part: Schema) -> str:
    kind: Any = part["type"]
    words = " or ".join(kind) if isinstance(kind, list) else str(kind)
    if "items" in part:
        words += f" of {_describe_type(part['items'])}"
    low, high = part.get("minimum"), part.get("maximum")
    if low is not None or high is not None:
        words += f", {'' if low is None else low} … {'' if high is None else high}"
    return words


def _describe(part: Schema) -> str:
    text = escape(part.get("description", ""))
    values = part.get("enum") or part.get("items", {}).get("enum") or []
    shown = ", ".join(draw_code(value) for value in values[:_MOST_VALUES])
    return ": ".join(filter(None, [text, shown + (" …" if len(values) > _MOST_VALUES else "")]))
