# SPDX-License-Identifier: GPL-3.0-or-later
"""An image as a material with maps, which is an asset."""
