# SPDX-License-Identifier: GPL-3.0-or-later
"""The Gemini contract: requests, answers, conversations and the Files API."""
