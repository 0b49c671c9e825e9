# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the extension is and what Blender calls it, computed once from this module's own name."""

from __future__ import annotations

from pathlib import Path

_THIS = __package__ or ""

#: "bl_ext.user_default.nano_banana": the key in `preferences.addons` and the `bl_idname` of the preferences.
ROOT_PACKAGE = _THIS.rsplit(".", 3)[0] if _THIS.count(".") >= 3 else ""

#: The folder of the manifest. The worker process imports `nano_banana_addon` from here.
ROOT_FOLDER = Path(__file__).resolve().parents[3]
