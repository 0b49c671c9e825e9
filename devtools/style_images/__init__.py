# SPDX-License-Identifier: GPL-3.0-or-later
"""The images of the styles: a still life of a ball, a box and a ground, in the manner of each."""
