# SPDX-License-Identifier: GPL-3.0-or-later
"""The texts of the interface, collected for their translations."""
