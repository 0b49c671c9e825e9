# SPDX-License-Identifier: GPL-3.0-or-later
"""The add-on's preferences, or None where Blender keeps none (enabled with `--addons`); their names for a provider."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import bpy

from .package import ROOT_PACKAGE

if TYPE_CHECKING:
    from ...wire.provider import Provider


def get_preferences() -> Any | None:
    """The `AddonPreferences` of this extension."""
    addon = bpy.context.preferences.addons.get(ROOT_PACKAGE)
    return addon.preferences if addon else None


def has_key(provider: Provider) -> bool:
    """Whether a provider needs, or takes, a key."""
    return provider.needs_key or provider.takes_key


def key_property(provider: Provider) -> str:
    """The name of the preference that holds a provider's key."""
    return f"key_{provider.id.replace('-', '_')}"


def address_property(provider: Provider) -> str:
    """The name of the preference that holds another address of a provider."""
    return f"address_{provider.id.replace('-', '_')}"
