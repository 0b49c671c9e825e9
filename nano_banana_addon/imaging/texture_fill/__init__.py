# SPDX-License-Identifier: GPL-3.0-or-later
"""Texels that no view sees, filled from their neighbours."""
