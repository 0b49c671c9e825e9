# SPDX-License-Identifier: GPL-3.0-or-later
"""Base classes of the panels in the add-on's tab, and what several of them draw."""

import bpy

from ..nano_banana_addon.identity import BUTTON_POINTER, DISPLAY_NAME


class Sidebar:
    """A panel in the 3D view's sidebar."""

    bl_space_type = "VIEW_3D"
    bl_region_type = "UI"
    bl_category = DISPLAY_NAME


class ImageSidebar(Sidebar):
    """A panel in the Image Editor's sidebar."""

    bl_space_type = "IMAGE_EDITOR"


class NodeSidebar(Sidebar):
    """A panel in the sidebar of the compositor and the shader editor."""

    bl_space_type = "NODE_EDITOR"


class SequencerSidebar(Sidebar):
    """A panel in the sequencer's sidebar."""

    bl_space_type = "SEQUENCE_EDITOR"


def mark_buttons(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    """Let the operators of this layout say by their tooltips why they are disabled."""
    layout.context_pointer_set(BUTTON_POINTER, context.scene)


def draw_progress(layout: bpy.types.UILayout, fraction: float, text: str, cancel: str) -> bpy.types.OperatorProperties:
    """Draw a progress bar with the button that cancels; returns the button's properties."""
    row = layout.row(align=True)
    row.progress(factor=fraction, text=text)
    return row.operator(cancel, text="", icon="X")
