# SPDX-License-Identifier: GPL-3.0-or-later
"""Values and rules of the Gemini contract, without a server."""
