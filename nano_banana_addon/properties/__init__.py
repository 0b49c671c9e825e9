# SPDX-License-Identifier: GPL-3.0-or-later
"""The add-on's property groups: settings on the scene, session state on the window manager."""

from . import conversation, costs, history, material, references, scene, session, storyboard, texture

#: In the order in which their classes are registered: a group before those that hold it.
MODULES = (texture, material, storyboard, references, scene, history, conversation, session, costs)
