# SPDX-License-Identifier: GPL-3.0-or-later
"""How a request is sent and its answer received: one call over HTTP, streamed in both directions."""
