# SPDX-License-Identifier: GPL-3.0-or-later
"""Layers of the compositor and their masks."""
