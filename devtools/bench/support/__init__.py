# SPDX-License-Identifier: GPL-3.0-or-later
"""What the benchmarks share: rows, the machine, and material for them."""
