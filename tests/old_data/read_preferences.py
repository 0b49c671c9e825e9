# SPDX-License-Identifier: GPL-3.0-or-later
"""A fresh Blender with a profile of its own says what it finds in the preferences.

python read_preferences.py NOTES.json PROFILE NAME …
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from devtools.identity import EXTENSION
from tests.support import installed


def main(notes: str, profile: str, names: list[str]) -> None:
    installed.install_and_enable(Path(profile))
    import bpy

    bpy.ops.wm.read_userpref()  # a window reads them at start, the module when it is told
    found = bpy.context.preferences.addons[EXTENSION].preferences
    values = {name: getattr(found, name) for name in names}
    values["project_budgets"] = [(item.name, item.limit) for item in found.project_budgets]
    Path(notes).write_text(json.dumps(values))
    installed.disable()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3:])
