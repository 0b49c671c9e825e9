# SPDX-License-Identifier: GPL-3.0-or-later
"""The panels. draw() only reads."""

from . import (
    applied,
    conversation,
    costs,
    details,
    edit,
    history,
    main,
    material,
    menus,
    output,
    references,
    results,
    texture,
    texture_views,
)
from .presets import presets
from .storyboard import cast, export, shots, storyboard

#: In the order in which their classes are registered, and drawn.
MODULES = (
    *(main, texture_views, texture, material, references, output, results, conversation),
    *(applied, shots, storyboard, cast, export, edit, details, history, costs, menus, presets),
)
