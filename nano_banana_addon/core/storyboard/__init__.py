# SPDX-License-Identifier: GPL-3.0-or-later
"""What a storyboard is: its shots, as values."""
