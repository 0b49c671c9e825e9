# SPDX-License-Identifier: GPL-3.0-or-later
"""The reference images of a scene."""

from ...lazy import loader

__getattr__ = loader(__name__)
