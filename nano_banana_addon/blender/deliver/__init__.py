# SPDX-License-Identifier: GPL-3.0-or-later
"""Out: a finished image into the open file, and wherever the artist wants to see it.

Each delivery is complete or leaves nothing behind, keeps what was there, and can be repeated, later and elsewhere.
`delivery` does it, `registry` has the places, `clean_up` takes everything out again.
"""
