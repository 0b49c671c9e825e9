# SPDX-License-Identifier: GPL-3.0-or-later
"""Base class of operators whose button is grey while something is missing."""

import bpy

from ...nano_banana_addon.identity import BUTTON_POINTER
from ...nano_banana_addon.translations import translate_sentence


class BlockableOperator:
    """An operator whose tooltip says why its button cannot be pressed."""

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Whether a button may be pressed; its tooltip says why not. A script may pass what is missing."""
        reason = cls.find_blocker(context) if hasattr(context, BUTTON_POINTER) else ""
        if reason:
            cls.poll_message_set(translate_sentence(reason))
        return not reason

    @classmethod
    def find_blocker(cls, context: bpy.types.Context) -> str:
        """Why the button cannot be pressed, as a sentence; "" for nothing."""
        raise NotImplementedError
