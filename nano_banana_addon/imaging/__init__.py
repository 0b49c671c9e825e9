# SPDX-License-Identifier: GPL-3.0-or-later
"""Pictures as files and arrays. Pillow and NumPy; no bpy, no network, no threads.

Importing a module of this package imports Pillow and NumPy: import it where it is used, not at the top.
"""
