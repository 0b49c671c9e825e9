# SPDX-License-Identifier: GPL-3.0-or-later
"""Texture from Views: generate, look at the views, bake, UV maps."""

from . import bake, generate, uv, views

CLASSES = (*generate.CLASSES, *views.CLASSES, *bake.CLASSES, *uv.CLASSES)
