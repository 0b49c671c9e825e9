# SPDX-License-Identifier: GPL-3.0-or-later
"""What the servers of the other image services share: a call's way, fields, forms, pictures, links, tasks."""
