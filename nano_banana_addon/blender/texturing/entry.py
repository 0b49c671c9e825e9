# SPDX-License-Identifier: GPL-3.0-or-later
"""The way into texturing for what is imported when the add-on is enabled: NumPy and the GPU come with first use."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import bpy

from ...core.result import Generation
from ...core.settings import Settings
from ...core.texturing import TextureSettings

if TYPE_CHECKING:
    from .plan import Plan
    from .running import Painted


def prepare(
    context: bpy.types.Context, settings: Settings, texture: TextureSettings, **choices: Any
) -> Plan:
    """See `plan.prepare`."""
    from .plan import prepare as made

    return made(context, settings, texture, **choices)


def start(plan: Plan, *, again: bool = False, kept: Sequence[Generation] = ()) -> None:
    """See `running.start`."""
    from .running import start as begin

    begin(plan, again=again, kept=kept)


def run(plan: Plan, on_change: Callable[[Generation], None], **choices: Any) -> Painted:
    """See `running.run`."""
    from .running import run as wait

    return wait(plan, on_change, **choices)
