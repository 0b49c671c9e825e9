# SPDX-License-Identifier: GPL-3.0-or-later
"""Where generations happen: the store, the worker process, and the caller's side of it. No bpy."""
