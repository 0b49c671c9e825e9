# SPDX-License-Identifier: GPL-3.0-or-later
"""The manual as web pages: docs/ and references that are made from the code, built by MkDocs."""
