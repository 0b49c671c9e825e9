# SPDX-License-Identifier: GPL-3.0-or-later
"""The reference of the command line, from its parser."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from devtools.manual.tables import draw_code, draw_table, escape
from nano_banana_addon.cli.arguments.parser import build_parser

_INTRODUCTION = """# All commands and options

Made from the program itself. What the commands do is told by [The command line](../command-line.md). Options that
are not given are those saved in the scene.

"""


def draw_page() -> str:
    """The page in Markdown: a section for each command, a table for each group of its options."""
    return _INTRODUCTION + "".join(_draw_commands(build_parser(), ""))


def _draw_commands(parser: argparse.ArgumentParser, path: str) -> Iterator[str]:
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for choice in action._choices_actions:
                name = f"{path} {choice.metavar or choice.dest}".split(" (")[0].strip()
                command = action.choices[choice.dest]
                yield f"## {name} {{#{name.replace(' ', '-')}}}\n\n{_draw_sentence(choice.help or '')}\n\n"
                yield from _draw_groups(command)
                yield from _draw_commands(command, name)


def _draw_groups(parser: argparse.ArgumentParser) -> Iterator[str]:
    for group in parser._action_groups:
        rows = [_draw_argument(parser, action) for action in group._group_actions if not _is_hidden(action)]
        table = draw_table(("argument", "what it says"), rows)
        is_titled = group not in (parser._positionals, parser._optionals)
        yield f"*{(group.title or '').capitalize()}*\n\n{table}" if table and is_titled else table


def _is_hidden(action: argparse.Action) -> bool:
    return isinstance(action, argparse._HelpAction | argparse._SubParsersAction) or action.help == argparse.SUPPRESS


def _draw_argument(parser: argparse.ArgumentParser, action: argparse.Action) -> tuple[str, str]:
    value = parser._get_formatter()._format_args(action, (action.dest.upper())).strip() if action.nargs != 0 else ""
    names = " ".join(filter(None, [", ".join(action.option_strings), value]))
    text = parser._get_formatter()._expand_help(action) if action.help else ""
    notes = [escape(text)]
    if action.required and action.option_strings:
        notes.append("required")
    if isinstance(action.default, str | int | float) and not isinstance(action.default, bool) and action.default != "":
        notes.append(f"default: {draw_code(action.default)}")
    return draw_code(names), "; ".join(filter(None, notes))


def _draw_sentence(text: str) -> str:
    return f"{text[:1].upper()}{escape(text[1:])}."
