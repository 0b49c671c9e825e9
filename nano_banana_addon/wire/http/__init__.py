# SPDX-License-Identifier: GPL-3.0-or-later
"""HTTP: connections, streamed bodies, deadlines, cancelling and redaction."""
