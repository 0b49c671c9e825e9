# SPDX-License-Identifier: GPL-3.0-or-later
"""Detail added to an image by generating its parts again: the parts, and how they are joined with the image."""
