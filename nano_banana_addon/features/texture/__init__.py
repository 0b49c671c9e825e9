# SPDX-License-Identifier: GPL-3.0-or-later
"""Objects textured from several views: capture, generate, align, bake, deliver."""

from ...lazy import loader

__getattr__ = loader(__name__)
