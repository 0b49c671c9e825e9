# SPDX-License-Identifier: GPL-3.0-or-later
"""Files of the store: images, sidecars, and the folder layout."""
