# SPDX-License-Identifier: GPL-3.0-or-later
"""Pictures from views onto the textures of meshes: geometry in, painted maps out. Nothing in the file changes."""
