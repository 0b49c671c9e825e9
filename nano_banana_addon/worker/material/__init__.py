# SPDX-License-Identifier: GPL-3.0-or-later
"""The process that computes the maps of a material."""
