# SPDX-License-Identifier: GPL-3.0-or-later
"""Mutation testing of the layers that need no Blender: is a fault in a line noticed by the tests that run it?"""
