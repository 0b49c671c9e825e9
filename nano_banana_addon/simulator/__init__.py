# SPDX-License-Identifier: GPL-3.0-or-later
"""A local HTTP server that speaks the Gemini image API and enforces its rules.

It is the Offline provider, the demo's server and the tests' server. It imports nothing of the
client (``core``, ``wire``), so that client and server cannot agree on the same mistake.
"""
