# SPDX-License-Identifier: GPL-3.0-or-later
"""How a generated image lies on the guide it should follow."""
