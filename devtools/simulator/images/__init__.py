# SPDX-License-Identifier: GPL-3.0-or-later
"""One POST that answers with pictures: gpt-image, Seedream on Ark, and CometAPI's whole catalogue."""
