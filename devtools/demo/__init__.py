# SPDX-License-Identifier: GPL-3.0-or-later
"""The demo: a scene built by code, and the main job on it."""
