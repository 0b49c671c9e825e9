# SPDX-License-Identifier: GPL-3.0-or-later
"""Texture from Views: generation, view cameras, baking, UV maps."""
