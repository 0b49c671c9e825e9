# SPDX-License-Identifier: GPL-3.0-or-later
"""Submit, poll, download: FLUX and Midjourney."""
