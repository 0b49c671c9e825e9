# SPDX-License-Identifier: GPL-3.0-or-later
"""Several images in one: contact sheets to look at, sheets of views for the model."""
