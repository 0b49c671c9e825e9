# SPDX-License-Identifier: GPL-3.0-or-later
"""Styles and templates of prompts: the words that are sent, made from choices."""

from ...lazy import loader

__getattr__ = loader(__name__)
