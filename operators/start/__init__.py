# SPDX-License-Identifier: GPL-3.0-or-later
"""What a new user begins with: the example scene, the workspace, a camera."""
