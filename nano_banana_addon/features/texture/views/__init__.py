# SPDX-License-Identifier: GPL-3.0-or-later
"""The views of an object: cameras, coverage, guides."""

from ....lazy import loader

__getattr__ = loader(__name__)
