# SPDX-License-Identifier: GPL-3.0-or-later
"""What a generation is: plain values and rules. No bpy, no network, no threads."""
