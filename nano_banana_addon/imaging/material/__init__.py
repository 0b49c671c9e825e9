# SPDX-License-Identifier: GPL-3.0-or-later
"""A material made of one image: seamless, without its light, with the maps that a renderer needs."""
