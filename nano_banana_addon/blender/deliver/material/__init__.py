# SPDX-License-Identifier: GPL-3.0-or-later
"""An image on the surface of objects: by projection from a camera, or by UV map."""

from ....lazy import loader

__getattr__ = loader(__name__)
