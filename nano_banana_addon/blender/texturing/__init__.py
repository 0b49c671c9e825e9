# SPDX-License-Identifier: GPL-3.0-or-later
"""Objects painted from several views: capture, ask, align, bake, deliver."""
