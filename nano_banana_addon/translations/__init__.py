# SPDX-License-Identifier: GPL-3.0-or-later
"""The interface's languages: one JSON file each, from the English text to its translation."""

from .interface import translate, translate_sentence

__all__ = ["translate", "translate_sentence"]
