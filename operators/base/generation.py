# SPDX-License-Identifier: GPL-3.0-or-later
"""The base class of operators on one generation."""

from bpy.props import StringProperty


class GenerationOperator:
    """An operator on one generation of the history."""

    generation: StringProperty(name="Generation", options={"HIDDEN", "SKIP_SAVE"})
