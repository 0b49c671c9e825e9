# SPDX-License-Identifier: GPL-3.0-or-later
"""Image files: recognise, open, convert, encode, and write them."""
