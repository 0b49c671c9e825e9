# SPDX-License-Identifier: GPL-3.0-or-later
"""A ComfyUI server: graphs, queue, history, files and its WebSocket."""
