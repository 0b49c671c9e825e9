# SPDX-License-Identifier: GPL-3.0-or-later
"""What every contract is made of: its steps, the streamed answer, images and their records."""
