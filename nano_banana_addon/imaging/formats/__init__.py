# SPDX-License-Identifier: GPL-3.0-or-later
"""Image files: recognise, open, convert, mask and encode them."""
