# SPDX-License-Identifier: GPL-3.0-or-later
"""Nano Banana: pictures of the scene, repainted by Gemini, back on the scene."""
