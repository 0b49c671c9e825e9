# SPDX-License-Identifier: GPL-3.0-or-later
"""What a body may hold, field by field: the schema of the service's messages, and the check of a body against it."""
