# SPDX-License-Identifier: GPL-3.0-or-later
"""A part of an image changed by a model without masks: the crop that is sent, the answer laid back into it."""
