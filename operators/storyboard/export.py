# SPDX-License-Identifier: GPL-3.0-or-later
"""Export of a storyboard: boards to print, contact sheets, lists, edits."""

import bpy
from bpy.props import BoolProperty, EnumProperty, IntProperty, StringProperty

from ...nano_banana_addon.core.storyboard import formats, layouts
from ...nano_banana_addon.core.storyboard.formats import ExportChoices
from ...nano_banana_addon.features.storyboard.export import file_names, files
from ...nano_banana_addon.properties.options import enum_items
from ...nano_banana_addon.translations import translate
from ..base.results import FINISHED, report_errors

#: What the file browser asks for, where it is not only a title and drop-frame.
_OPTIONS = {
    "PDF": ("title", "layout_name", "paper", "web", "drop_frame"),
    "PNG": ("title",),
    "MP4": ("texts", "dissolve", "drop_frame"),
}


class NANO_BANANA_OT_export_board(bpy.types.Operator):
    """Export the shots of this scene with their frames"""

    bl_idname = "nano_banana.export_board"
    bl_label = "Export Storyboard"

    filepath: StringProperty(subtype="FILE_PATH", options={"SKIP_SAVE"})
    filter_glob: StringProperty(options={"HIDDEN", "SKIP_SAVE"})
    check_existing: BoolProperty(default=True, options={"HIDDEN"})
    format: EnumProperty(items=enum_items(formats.FORMAT_ITEMS), name="Format")
    title: StringProperty(
        name="Title", description="Printed on each page. Empty: the file's name", options={"SKIP_SAVE"}
    )
    layout_name: EnumProperty(items=enum_items(layouts.LAYOUT_ITEMS), name="Layout", default=layouts.DEFAULT_LAYOUT)
    paper: EnumProperty(items=enum_items(layouts.PAPER_ITEMS), name="Paper")
    web: BoolProperty(name="Web Size", description="Images of at most 1280 pixels, for a small file")
    texts: BoolProperty(
        name="Texts", description="Number, name, timecode, frame and dialogue of each shot in the image", default=True
    )
    dissolve: IntProperty(
        name="Dissolve",
        description="Frames over which each image changes into the next, before that one's shot begins. 0: cuts",
        min=0,
        soft_max=48,
    )
    drop_frame: BoolProperty(
        name="Drop-Frame", description="Timecode that keeps to the clock, at 29.97 and 59.94 frames per second"
    )

    @classmethod
    def description(cls, _context: bpy.types.Context, properties: bpy.types.OperatorProperties) -> str:
        """What the format is."""
        return translate(next(item.help for item in formats.FORMAT_ITEMS if item.id == properties.format))

    def invoke(self, context: bpy.types.Context, _event: bpy.types.Event) -> set[str]:
        """Open the file browser."""
        suffix = self._read_choices().suffix
        self.filter_glob = f"*{suffix}"
        self.filepath = file_names.propose_name(context.scene) + suffix
        self.asked = True
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def draw(self, _context: bpy.types.Context) -> None:
        """Draw what the format has."""
        layout = self.layout
        layout.use_property_split = True
        for name in _OPTIONS.get(self.format, ("title", "drop_frame")):
            layout.prop(self, name)

    @report_errors
    def execute(self, context: bpy.types.Context) -> set[str]:
        """Write the file: in the background if the user chose it, else at once."""
        choices = self._read_choices()
        path = file_names.complete_path(self.filepath, choices.suffix)
        if not getattr(self, "asked", False):
            notes = files.write(context.scene, path, choices)
            self.report({"WARNING" if notes else "INFO"}, file_names.describe_written(path, notes))
            return FINISHED
        files.start(context, path, choices)
        return FINISHED

    def _read_choices(self) -> "ExportChoices":
        return ExportChoices(
            self.format,
            self.layout_name,
            self.paper,
            self.web,
            self.title,
            self.drop_frame,
            self.texts,
            self.dissolve,
        )
