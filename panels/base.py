# SPDX-License-Identifier: GPL-3.0-or-later
"""Base classes of the panels in the add-on's tab."""

from ..nano_banana_addon.identity import DISPLAY_NAME


class Sidebar:
    """A panel in the 3D view's sidebar."""

    bl_space_type = "VIEW_3D"
    bl_region_type = "UI"
    bl_category = DISPLAY_NAME


class ImageSidebar(Sidebar):
    """A panel in the Image Editor's sidebar."""

    bl_space_type = "IMAGE_EDITOR"
