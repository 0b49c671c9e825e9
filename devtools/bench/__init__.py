# SPDX-License-Identifier: GPL-3.0-or-later
"""The benchmarks, each beside what a user would use instead, in the same run."""
