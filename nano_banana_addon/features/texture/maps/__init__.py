# SPDX-License-Identifier: GPL-3.0-or-later
"""The texture maps that generated views become."""

from ....lazy import loader

__getattr__ = loader(__name__)
