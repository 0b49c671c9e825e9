# SPDX-License-Identifier: GPL-3.0-or-later
"""The process that sends, receives and records, so that Blender never waits and images survive Blender's end."""
