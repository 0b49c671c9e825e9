# SPDX-License-Identifier: GPL-3.0-or-later
"""A material made of one image, as values."""
