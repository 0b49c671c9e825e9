# SPDX-License-Identifier: GPL-3.0-or-later
"""The parts of a test run: carried out side by side, watched, measured."""
