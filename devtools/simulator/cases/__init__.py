# SPDX-License-Identifier: GPL-3.0-or-later
"""Troubles that a test asks the simulator for by name."""
