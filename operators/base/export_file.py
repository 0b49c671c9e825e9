# SPDX-License-Identifier: GPL-3.0-or-later
"""The base of operators that write one file, whose name is asked for in Blender's file browser."""

from pathlib import Path

import bpy
from bpy.props import BoolProperty, StringProperty


class ExportFileOperator:
    """Asks for a file; a subclass has its usual name, `filter_glob`, and `execute`, which writes to `get_path`."""

    file_name = ""

    filepath: StringProperty(subtype="FILE_PATH", options={"SKIP_SAVE"})
    check_existing: BoolProperty(default=True, options={"HIDDEN"})

    def invoke(self, context: bpy.types.Context, _event: bpy.types.Event) -> set[str]:
        """Open the file browser."""
        self.filepath = self.filepath or self.file_name
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def get_path(self) -> Path:
        """The chosen file, with the ending of the usual name."""
        return Path(bpy.path.abspath(bpy.path.ensure_ext(self.filepath, Path(self.file_name).suffix)))
