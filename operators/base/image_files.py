# SPDX-License-Identifier: GPL-3.0-or-later
"""The base of operators that take image files from Blender's file browser."""

import bpy
from bpy.props import CollectionProperty, StringProperty

from .results import IMAGE_FILTER


class ImageFilesOperator:
    """Asks for image files or takes dropped ones; a subclass has `execute`, and reads them by `list_paths`."""

    directory: StringProperty(subtype="DIR_PATH", options={"HIDDEN", "SKIP_SAVE"})
    files: CollectionProperty(type=bpy.types.OperatorFileListElement, options={"HIDDEN", "SKIP_SAVE"})
    filepath: StringProperty(subtype="FILE_PATH", options={"HIDDEN", "SKIP_SAVE"})
    filter_glob: StringProperty(default=IMAGE_FILTER, options={"HIDDEN", "SKIP_SAVE"})

    def invoke(self, context: bpy.types.Context, _event: bpy.types.Event) -> set[str]:
        """Open the file browser, or take the files that were dropped."""
        if self.directory or self.filepath:
            return self.execute(context)
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def list_paths(self) -> list[str]:
        """The chosen files, as Blender writes paths."""
        return [self.directory + file.name for file in self.files if file.name] or [self.filepath]
