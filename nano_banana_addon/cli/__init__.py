# SPDX-License-Identifier: GPL-3.0-or-later
"""The command line: `blender -c nano_banana COMMAND …`, for scripts and render farms."""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Callable, Mapping, Sequence

from ..core.errors import ErrorKind, NanoBananaError
from . import output

log = logging.getLogger(__name__)


def main(argv: Sequence[str]) -> int:
    """Run one command and return its exit status.

    0 done, 1 failed, 2 bad arguments, 3 refused by the model, 4 over budget, 5 result unknown.
    """
    from . import commands  # pulls in Blender's side: not when the add-on is enabled
    from .arguments import parser

    return run(parser.parse, commands.COMMANDS, argv)


def run(
    parse: Callable[[Sequence[str]], argparse.Namespace],
    commands: Mapping[str, Callable[[argparse.Namespace], int]],
    argv: Sequence[str],
) -> int:
    """Run one of some commands; otherwise as `main`."""
    try:
        options = parse(argv)
    except SystemExit as stop:
        return output.EXIT_BAD_ARGUMENTS if stop.code else output.EXIT_DONE
    try:
        return commands[options.command](options)
    except NanoBananaError as error:
        return output.report_failure(options.json, error)
    except KeyboardInterrupt:
        return output.report_failure(options.json, NanoBananaError(ErrorKind.CANCELLED))
    except Exception as error:  # the top of the command line: a traceback in the log, a status for the farm
        log.exception("the command failed")
        sys.stderr.write(f"nano_banana: {type(error).__name__}: {error}\n")
        return output.report_failure(options.json, NanoBananaError(ErrorKind.INTERNAL))
