# SPDX-License-Identifier: GPL-3.0-or-later
"""Printed boards: the shots of a storyboard on pages, as PDF."""
