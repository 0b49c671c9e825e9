# SPDX-License-Identifier: GPL-3.0-or-later
"""The simulator of the tests: faults, batches, streams and the other dialects beside what ships."""
