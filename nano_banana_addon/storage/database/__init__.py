# SPDX-License-Identifier: GPL-3.0-or-later
"""SQLite: tables, migrations, queries, the ledger and the state of each generation."""
