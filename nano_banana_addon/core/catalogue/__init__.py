# SPDX-License-Identifier: GPL-3.0-or-later
"""The image models as data: what each can do, and what it costs."""
