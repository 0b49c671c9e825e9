# SPDX-License-Identifier: GPL-3.0-or-later
"""What assistants and pipelines call: the six functions of `calls.py`."""

from ...lazy import loader

__getattr__ = loader(__name__)
