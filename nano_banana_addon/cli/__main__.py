# SPDX-License-Identifier: GPL-3.0-or-later
"""`python -m nano_banana_addon.cli generate FOLDER`: the command that needs no Blender."""

import sys

from . import run
from .arguments.farm import build_generate_parser
from .generate_command import generate

if __name__ == "__main__":
    sys.exit(run(build_generate_parser().parse_args, {"generate": generate}, sys.argv[1:]))
