# SPDX-License-Identifier: GPL-3.0-or-later
"""What the panels of prompts open: styles, presets, recent prompts."""
