# SPDX-License-Identifier: GPL-3.0-or-later
"""Render farms: requests as a job folder, what a scheduler needs to distribute it, and its results in the file."""

from ...lazy import loader

__getattr__ = loader(__name__)
