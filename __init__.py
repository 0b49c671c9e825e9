# SPDX-License-Identifier: GPL-3.0-or-later
"""Blender's entry. Imports nothing by itself, so that tests and tools can read the house without Blender."""


def register() -> None:
    """Called by Blender when the extension is enabled."""
    from .nano_banana_addon import registration

    registration.register()


def unregister() -> None:
    """Called by Blender when the extension is disabled."""
    from .nano_banana_addon import registration

    registration.unregister()
