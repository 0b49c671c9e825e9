# SPDX-License-Identifier: GPL-3.0-or-later
"""Data-blocks that the add-on makes: ownership tags, names, image files, nodes of both versions."""
