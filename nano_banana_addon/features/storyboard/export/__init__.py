# SPDX-License-Identifier: GPL-3.0-or-later
"""The shots of a scene as files: boards, lists, edits, and a video by Blender's sequencer."""

from ....lazy import loader

__getattr__ = loader(__name__)
