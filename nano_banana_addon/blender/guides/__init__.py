# SPDX-License-Identifier: GPL-3.0-or-later
"""Guides: images that show the model where shapes are, such as clay, depth, normals, lines and object ids."""
