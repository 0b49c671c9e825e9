# SPDX-License-Identifier: GPL-3.0-or-later
"""The extension as a user has it, in the Blender of this process: built, installed, enabled."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path

from devtools import identity
from devtools.build import build_here
from devtools.identity import EXTENSION

#: The environment variable that names a zip to be tested instead of the checkout's.
OTHER_ZIP = "NANO_BANANA_TEST_ZIP"


def built_zip() -> Path:
    """The zip of this machine's platform, built from what git tracks when that changed, or another that is named."""
    other = os.environ.get(OTHER_ZIP)
    return Path(other) if other else build_here(Path(sys.executable))


def install_and_enable(resources: Path) -> None:
    """Must come before anything imports bpy: Blender reads its folders' places at import."""
    assert "bpy" not in sys.modules, "something imported bpy before the profile was chosen"
    os.environ["BLENDER_USER_RESOURCES"] = str(resources)
    path = built_zip()
    import bpy

    bpy.ops.extensions.package_install_files(filepath=str(path), repo="user_default", enable_on_install=True)
    assert EXTENSION in bpy.context.preferences.addons, "the extension could not be enabled, see above"


_profiles: list[Path] = []


def ensure() -> Path:
    """Install and enable once per process, in a profile of its own; that profile's folder."""
    if not _profiles:
        _profiles.append(Path(tempfile.mkdtemp(prefix="nano-banana-blender-")))
        install_and_enable(_profiles[0])
        identity.install()
    return _profiles[0]


def leave() -> None:
    """Disable the extension and remove the profile; called once, by whichever folder of tests ends last."""
    if _profiles:
        disable()
        shutil.rmtree(_profiles.pop(), ignore_errors=True)


def disable() -> None:
    """As Blender does at its end. A handler that stays registered makes 4.5 hang at exit."""
    import bpy

    bpy.ops.preferences.addon_disable(module=EXTENSION)
