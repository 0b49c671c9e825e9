# SPDX-License-Identifier: GPL-3.0-or-later
"""OpenRouter: its Image API and the older chat form."""
