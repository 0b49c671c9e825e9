# SPDX-License-Identifier: GPL-3.0-or-later
"""ComfyUI's contract: graphs, own workflows, the queue and its history."""
