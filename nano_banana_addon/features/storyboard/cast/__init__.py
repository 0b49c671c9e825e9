# SPDX-License-Identifier: GPL-3.0-or-later
"""The cast of a scene's storyboard: characters, props, places and styles with their images."""

from ....lazy import loader

__getattr__ = loader(__name__)
