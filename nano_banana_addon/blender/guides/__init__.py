# SPDX-License-Identifier: GPL-3.0-or-later
"""Pictures that tell the model where things are: clay, depth, normals, lines, what belongs to what."""
