# SPDX-License-Identifier: GPL-3.0-or-later
"""What is kept: the history, its files, the ledger, budgets and recovery. No bpy."""
