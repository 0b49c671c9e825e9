# SPDX-License-Identifier: GPL-3.0-or-later
"""What a storyboard is exported as."""

from __future__ import annotations

import bpy

from ...nano_banana_addon.core.storyboard.formats import FORMAT_ITEMS
from ...nano_banana_addon.features.storyboard import board, shots
from ..base.sidebar import SequencerSidebar, Sidebar


class ExportPanel:
    """The buttons that write files, shared by the panels of both editors."""

    bl_label = "Export"
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context: bpy.types.Context) -> None:
        """Draw a button for each format."""
        layout = self.layout
        scene = board.find_source_scene(context.scene) or context.scene
        layout.active = shots.has_shots(scene)
        flow = layout.grid_flow(row_major=True, columns=2, even_columns=True, align=True)
        for item in FORMAT_ITEMS:
            flow.operator("nano_banana.export_board", text=item.label, icon=item.icon).format = item.id


class NANO_BANANA_PT_export_board(ExportPanel, Sidebar, bpy.types.Panel):
    """Boards to print, contact sheets, lists and edits"""

    bl_parent_id = "NANO_BANANA_PT_storyboard"


class NANO_BANANA_PT_sequencer_export_board(ExportPanel, SequencerSidebar, bpy.types.Panel):
    """Boards to print, contact sheets, lists and edits"""

    bl_parent_id = "NANO_BANANA_PT_sequencer_storyboard"
