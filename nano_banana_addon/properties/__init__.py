# SPDX-License-Identifier: GPL-3.0-or-later
"""The add-on's property groups: settings on the scene, session state on the window manager."""

from . import conversation, history, scene, session, texture

CLASSES = (
    *texture.CLASSES,
    *scene.CLASSES,
    *history.CLASSES,
    *conversation.CLASSES,
    *session.CLASSES,
)
