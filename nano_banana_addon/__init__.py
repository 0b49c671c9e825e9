# SPDX-License-Identifier: GPL-3.0-or-later
"""Nano Banana: images of the scene, restyled by image services, back on the scene."""
