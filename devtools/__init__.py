# SPDX-License-Identifier: GPL-3.0-or-later
"""What stands behind dev.py: environments, building, running, checking. None of it ships."""
