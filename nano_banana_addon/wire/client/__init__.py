# SPDX-License-Identifier: GPL-3.0-or-later
"""One call of a service, from a request to a result, whatever its contract."""
