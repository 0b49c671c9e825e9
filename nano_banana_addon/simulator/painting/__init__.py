# SPDX-License-Identifier: GPL-3.0-or-later
"""The simulator's painters. Pillow and NumPy are imported when something is first painted."""
