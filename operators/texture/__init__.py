# SPDX-License-Identifier: GPL-3.0-or-later
"""Texture from Views: generation, view cameras, baking, UV maps."""

from . import bake, generate, uv, views

CLASSES = (*generate.CLASSES, *views.CLASSES, *bake.CLASSES, *uv.CLASSES)
