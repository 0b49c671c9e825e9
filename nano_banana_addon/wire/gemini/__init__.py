# SPDX-License-Identifier: GPL-3.0-or-later
"""The Gemini contract (docs/dev/gemini-contract.md): requests, answers, conversations, uploads."""
