# SPDX-License-Identifier: GPL-3.0-or-later
"""Blender's entry. Imports nothing by itself, so that tests and tools can import parts of it without Blender."""


def register() -> None:
    """Called by Blender when the extension is enabled."""
    import gc

    was_enabled = gc.isenabled()
    gc.disable()  # imports make no garbage; looking for it among all that Blender has takes a tenth of the time
    try:
        from .nano_banana_addon import registration

        registration.register()
    finally:
        if was_enabled:
            gc.enable()


def unregister() -> None:
    """Called by Blender when the extension is disabled."""
    from .nano_banana_addon import registration

    registration.unregister()
