# SPDX-License-Identifier: GPL-3.0-or-later
"""Keys in the operating system's keyring. Everything that talks to it may wait: `cache.py` does that in a thread."""

from ...lazy import loader

__getattr__ = loader(__name__)
