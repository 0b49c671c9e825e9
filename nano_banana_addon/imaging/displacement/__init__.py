# SPDX-License-Identifier: GPL-3.0-or-later
"""What no one map lays in place: content that a model moved by itself, in one image or in several at once."""
