# SPDX-License-Identifier: GPL-3.0-or-later
"""What all panels of the 3D view's sidebar share."""

from ..nano_banana_addon.identity import DISPLAY_NAME


class Sidebar:
    """A panel in the add-on's own tab."""

    bl_space_type = "VIEW_3D"
    bl_region_type = "UI"
    bl_category = DISPLAY_NAME
