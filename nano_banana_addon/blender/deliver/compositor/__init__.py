# SPDX-License-Identifier: GPL-3.0-or-later
"""An image as a node group of the compositor, with the inverse of the view transform."""

from ....lazy import loader

__getattr__ = loader(__name__)
