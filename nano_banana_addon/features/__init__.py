# SPDX-License-Identifier: GPL-3.0-or-later
"""What an artist does with the add-on: one module or folder for each feature."""

from ..lazy import loader

__getattr__ = loader(__name__)
